/**
 * Fields keep their grid shape, and the types know it: what has been flattened, reshaped or transposed is no field any
 * more, so the published mix-up of row- and column-major order does not compile. Checked by the compiler, never run.
 */
import { grad, jit, valueAndGrad, vmap } from "cotangent";
import type { NDArray } from "cotangent";
import type { ElementField, ElasticitySystem, GridMesh, HeatSystem, ScalarField, VectorField } from "cotangent/fem";
import {
  edge,
  elasticity,
  elementField,
  face,
  feApply,
  feForm,
  feSolve,
  fix,
  gridMesh,
  heatConduction,
  nodalLoad,
  reactions,
  scalarField,
  spring,
  tractionLoad,
  vectorField,
} from "cotangent/fem";
import * as np from "cotangent/numpy";
import { compliance, densityFilter, minimizeCompliance, optimalityCriteria, simp } from "cotangent/topopt";
import type { Problem } from "cotangent/topopt";

declare const mesh: GridMesh;
declare const system: ElasticitySystem;
declare const conductor: HeatSystem;
declare const problem: Problem;
declare const density: ElementField;
declare const load: VectorField;
declare const heat: ScalarField;
declare const plain: NDArray;

const needsElements = (field: ElementField): ElementField => field;
const needsVectors = (field: VectorField): VectorField => field;
const needsScalars = (field: ScalarField): ScalarField => field;

// What keeps the shape keeps the type.
needsElements(density.add(1).mul(density).pow(3).neg().sqrt());
needsElements(np.mul(density, 2));
needsElements(np.exp(density));
needsElements(simp(densityFilter(mesh, { radius: 2 })(density), { penal: 3 }));
needsElements(feForm(system, load, load));
needsElements(elementField(mesh, plain));
needsElements(grad((own: ElementField) => compliance(problem, own))(density));
needsElements(valueAndGrad((own: ElementField) => compliance(problem, own))(density)[1]);
needsElements(jit((own: ElementField) => own.mul(2))(density));
needsElements(vmap((own: ElementField) => simp(own))(density));
needsVectors(feSolve(system, density, load));
needsVectors(feApply(system, density, load).sub(load));
needsVectors(vectorField(mesh, plain));
needsScalars(feSolve(conductor, density, heat).add(heat));
needsScalars(scalarField(mesh, plain));
needsScalars(nodalLoad(edge(mesh, "left"), 1));
needsVectors(tractionLoad(face(mesh, "front"), [0, 0, 1]));
needsVectors(reactions(system, density, load));
needsVectors(grad((own: VectorField) => np.sum(feSolve(system, density, load, { prescribed: own })))(load));

// Meshes, supports and springs are of one dimension and one field.
gridMesh({ nelx: 3, nely: 2, nelz: 4, size: [1, 2, 3] }).size[0].toFixed();
elasticity(mesh, {
  supports: [fix(edge(mesh, ["left", "top"]), "z", 1)],
  springs: [spring(edge(mesh, "left"), "all", 1)],
});
heatConduction(mesh, { supports: [fix(edge(mesh, "left"), "temperature", 20)] });
// @ts-expect-error a structure has no temperature
elasticity(mesh, { supports: [fix(edge(mesh, "left"), "temperature", 20)] });
// @ts-expect-error a conductor has no directions
heatConduction(mesh, { supports: [fix(edge(mesh, "left"), "x")] });
// @ts-expect-error there is no direction w
fix(edge(mesh, "left"), "w");
// @ts-expect-error nor a face in the middle
face(mesh, "middle");
// @ts-expect-error a conductor takes heat, not forces
feSolve(conductor, density, load);
// @ts-expect-error a structure takes forces, not heat
feSolve(system, density, heat);
// @ts-expect-error prescribed displacements are vectors
feSolve(system, density, load, { prescribed: heat });

// What changes the shape does not.
// @ts-expect-error a transposed field is an array
needsElements(density.T);
// @ts-expect-error by any of the ways to transpose
needsElements(density.transpose());
// @ts-expect-error by any of the ways to transpose
needsElements(np.transpose(density));
// @ts-expect-error by any of the ways to transpose
needsElements(np.swapaxes(density, 0, 1));
// @ts-expect-error a flattened field is an array
needsElements(density.ravel());
// @ts-expect-error a flattened field is an array
needsElements(np.ravel(density));
// @ts-expect-error a reshaped field is an array, even in the right shape
needsElements(density.ravel().reshape(64, 96));
// @ts-expect-error a reshaped field is an array, even in the right shape
needsElements(np.reshape(density, [64, 96]));
// @ts-expect-error a stack of fields is an array
needsElements(np.stack([density, density]));
// @ts-expect-error a sum is an array
needsElements(density.sum({ axis: 0 }));
// @ts-expect-error typed arrays carry no shape
needsElements(density.toTypedArray());
// @ts-expect-error nor do plain arrays
needsElements(plain);
// @ts-expect-error an element field with a plain array is an array
needsElements(density.add(plain));

// The kinds of fields do not mix.
// @ts-expect-error a scalar field is no vector field
needsVectors(heat);
// @ts-expect-error nor an element field
needsElements(heat);
// @ts-expect-error a vector field is no element field
needsElements(load);
// @ts-expect-error an element field is no vector field
needsVectors(density);
// @ts-expect-error their sum is neither
needsElements(density.add(load));
// @ts-expect-error modulus and load in the wrong order
feSolve(system, load, density);
// @ts-expect-error the filter takes element fields
densityFilter(mesh, { radius: 2 })(load);
// @ts-expect-error the filter takes no transposed field
densityFilter(mesh, { radius: 2 })(density.T);
// @ts-expect-error nor SIMP a flattened one
simp(density.ravel());
// @ts-expect-error nor compliance
compliance(problem, density.ravel());
// @ts-expect-error nor a restart
minimizeCompliance(problem, { volumeFraction: 0.4, initial: density.T });
// @ts-expect-error nor a mask
const masked: Problem = { ...problem, mask: density.ravel() };
needsElements(masked.mask!);

// The published fault, an update whose gradient is read in the other order, has no spelling with fields.
const update = { volumeGradient: density, volumeFraction: 0.4, move: 0.2, volumeTolerance: 1e-3 };
needsElements(optimalityCriteria({ ...update, design: density, objectiveGradient: density }).design);
// @ts-expect-error a transposed gradient
optimalityCriteria({ ...update, design: density, objectiveGradient: density.T });
// @ts-expect-error a gradient flattened row by row
optimalityCriteria({ ...update, design: density, objectiveGradient: density.ravel() });
// @ts-expect-error a flattened design
optimalityCriteria({ ...update, design: density.ravel(), objectiveGradient: density });
// @ts-expect-error plain numbers
optimalityCriteria({ ...update, design: density, objectiveGradient: density.toTypedArray() });
