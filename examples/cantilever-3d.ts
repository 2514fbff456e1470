/**
 * A cantilever in space, and a file to print it from. The same pieces as in the plane, on a mesh with layers.
 * Run: npm run example -- cantilever-3d
 */
import { mkdirSync, writeFileSync } from "node:fs";
import * as np from "cotangent/numpy";
import * as optim from "cotangent/optim";
import { constraint, objectives, optimize, pixels, problems } from "cotangent/topopt";
import { isoSurface, stl } from "cotangent/topopt/files";
import { densityPng } from "cotangent/topopt/render";

const size = { nelx: 24, nely: 12, nelz: 6 };
const problem = problems.cantilever3d(size);

const { density, verdict } = optimize({
  problem,
  parameterization: pixels(problem, { initial: 0.3, filter: 1.5 }),
  constraints: { volume: constraint(objectives.volume(), "<=", 0.3) },
  optimizer: optim.optimalityCriteria(),
  stop: { iterations: 30 },
  callbacks: [
    ({ iteration, objective, volume }) => {
      if (iteration % 10 === 0 || iteration === 1)
        console.log(
          `${String(iteration).padStart(2)}  compliance ${objective.toFixed(4).padStart(8)}  volume ${volume.toFixed(5)}`,
        );
    },
  ],
});
const { triangles, vertices } = isoSurface(density);
console.log(`gradients ${verdict}`);
console.log(`surface of ${triangles.length / 3} triangles and ${vertices.length / 3} corners`);
mkdirSync("out", { recursive: true });
writeFileSync("out/cantilever-3d.stl", stl(density));
// Seen from the front: how much material stands behind every point.
writeFileSync("out/cantilever-3d.png", densityPng(np.mean(density, { axis: 0 }), { scale: 16 }));
