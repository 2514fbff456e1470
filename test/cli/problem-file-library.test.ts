/** The reader of problem files against the library: names, ranges and defaults are the library's own. */
import { test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { array } from "cotangent";
import { corner, edge, face, gridMesh, minus, nearest, region, union } from "cotangent/fem";
import type { GridMesh, NodeSet } from "cotangent/fem";
import * as nn from "cotangent/nn";
import type { Network } from "cotangent/nn";
import {
  adagrad,
  adam,
  adamw,
  augmentedLagrangian,
  gcmma,
  lbfgs,
  mma,
  optimalityCriteria,
  rmsprop,
  sgd,
} from "cotangent/optim";
import type { GradientTransformation, Optimizer } from "cotangent/optim";
import * as random from "cotangent/random";
import { problems } from "cotangent/topopt";
import { scheduleAt } from "../../cli/problem-file/index.ts";
import type { RunNetwork, RunOptimizer, RunUnconstrainedOptimizer, Selector } from "../../cli/problem-file/index.ts";
import { traitsOfNamed } from "../../cli/problem-file/named-problems.ts";
import { networks, optimizers, selectors } from "./problem-file-arbitraries.ts";
import type { JsonObject } from "./problem-file-arbitraries.ts";
import { accepted } from "./problem-file-paths.ts";

const gradientMethods = { adam, adamw, sgd, rmsprop, adagrad };
const freeMethods = { lbfgs, optimalityCriteria };
const boundedMethods = { mma, gcmma };

const gradientSteps = (own: Exclude<RunUnconstrainedOptimizer, { readonly kind: "lbfgs" }>): GradientTransformation => {
  const { kind, learningRate, clipNorm: _norm, ...options } = own;
  const rate = scheduleAt(learningRate, 1);
  return kind === "amsgrad" ? adam(rate, { ...options, amsgrad: true }) : gradientMethods[kind](rate, options);
};

const built = (own: RunOptimizer): unknown => {
  if (own.kind === "augmentedLagrangian") {
    const { kind: _kind, inner, ...options } = own;
    return augmentedLagrangian({ inner: built(inner) as GradientTransformation, ...options });
  }
  if (own.kind === "lbfgs" || own.kind === "optimalityCriteria") {
    const { kind, ...options } = own;
    return freeMethods[kind](options);
  }
  if (own.kind === "mma" || own.kind === "gcmma") {
    const { kind, lower = 0, upper = 1, ...options } = own;
    return boundedMethods[kind]({ lower, upper, ...options });
  }
  return gradientSteps(own);
};

const perceptrons = { siren: nn.siren, mlp: nn.mlp };

const networkOf = (own: RunNetwork): unknown => {
  const { filter: _filter, projection: _projection, symmetry: _symmetry, ...options } = own;
  if (options.kind === "cnn") {
    const { kind: _kind, ...decoder } = options;
    return nn.cnnDecoder({ height: 4, width: 6, ...decoder });
  }
  const { kind, ...others } = options;
  return kind === "fourier" ? nn.fourierMlp(others) : perceptrons[kind](others);
};

/** The nodes that a selector means. */
const nodesOf = (mesh: GridMesh, own: Selector): NodeSet => {
  if ("edge" in own) return edge(mesh, own.edge);
  if ("corner" in own) return corner(mesh, own.corner);
  if ("face" in own) return face(mesh, own.face);
  if ("region" in own) return region(mesh, own.region);
  if ("union" in own) return union(...own.union.map((each) => nodesOf(mesh, each)));
  if ("minus" in own) return minus(nodesOf(mesh, own.minus[0]), nodesOf(mesh, own.minus[1]));
  if ("nearest" in own) {
    const [x, y, z] = own.nearest as readonly [number, number, number | undefined];
    return nearest(mesh, { x, y, ...(z === undefined ? {} : { z }) });
  }
  const { nodes } = mesh.dimensions === 3 ? face(mesh, own.middle) : edge(mesh, own.middle as "left");
  return { mesh, nodes: [nodes[(nodes.length - 1) / 2]!] };
};

describe("the library", () => {
  test.prop([selectors(2), selectors(3)])(
    "selects nodes of a mesh by every selector that the reader accepts",
    (plane, space) => {
      const meshes = [
        { nelx: 4, nely: 2 },
        { nelx: 4, nely: 2, nelz: 6 },
      ];
      for (const [k, at] of [plane, space].entries()) {
        const { problem } = accepted({
          problem: {
            mesh: meshes[k]!,
            supports: [{ at, direction: "x" }],
            loads: [{ at, force: k === 0 ? [0, 1] : [0, 1, 0] }],
          },
          volumeFraction: 0.4,
          optimizer: { kind: "mma" },
        });
        const mesh = gridMesh(meshes[k]!);
        if ("mesh" in problem) expect(nodesOf(mesh, problem.supports[0]!.at).mesh).toBe(mesh);
      }
    },
  );

  const file = { problem: { name: "mbb", nelx: 4, nely: 4 }, volumeFraction: 0.4 };
  /** Of pixels, without constraints where the optimizer takes none. */
  const fileWith = (optimizer: JsonObject): JsonObject => {
    const isFree = "learningRate" in optimizer || optimizer["kind"] === "lbfgs";
    return { ...file, optimizer, ...(isFree ? { constraints: {} } : {}) };
  };

  test.prop([optimizers], { numRuns: 200 })("takes every optimizer that the reader accepts", (optimizer) => {
    expect(built(accepted(fileWith(optimizer)).optimizer)).toHaveProperty("update");
  });

  test.prop([networks], { numRuns: 100 })("takes every network that the reader accepts", (parameterization) => {
    const run = accepted({ ...file, parameterization, optimizer: { kind: "lbfgs" } });
    expect(run.parameterization.kind === "pixels" || networkOf(run.parameterization)).toHaveProperty("apply");
  });

  const point = array([0.5, 0.25]);
  const free = { value: array(1), gradient: array([-3, -0.5]) };
  const bound = { ...free, constraints: array([0.1]), constraintGradients: array([[0.5, 0.5]]) };
  /** Where an optimizer goes in three steps under the same slopes. */
  const trail = (own: unknown, seen: typeof free): readonly unknown[] => {
    const method = own as Optimizer | GradientTransformation;
    let [params, state] = [point, method.init(point)];
    return [1, 2, 3].map(() => {
      if (method.kind === "optimizer") [params, state] = method.update(seen, state, params);
      else {
        const [updates, next] = method.update(seen.gradient, state, params);
        [params, state] = [params.add(updates), next];
      }
      return params.toList();
    });
  };
  const bounds = { lower: 0, upper: 1 };
  const withDefaults: Readonly<Record<string, readonly [optimizer: JsonObject, own: unknown]>> = {
    adam: [{ learningRate: 0.1 }, adam(0.1)],
    amsgrad: [{ learningRate: 0.1 }, adam(0.1, { amsgrad: true })],
    adamw: [{ learningRate: 0.1 }, adamw(0.1)],
    sgd: [{ learningRate: 0.1 }, sgd(0.1)],
    rmsprop: [{ learningRate: 0.1 }, rmsprop(0.1)],
    adagrad: [{ learningRate: 0.1 }, adagrad(0.1)],
    lbfgs: [{}, lbfgs()],
    mma: [{}, mma(bounds)],
    gcmma: [{}, gcmma(bounds)],
    optimalityCriteria: [{}, optimalityCriteria()],
    augmentedLagrangian: [{ inner: { kind: "sgd", learningRate: 0.1 } }, augmentedLagrangian({ inner: sgd(0.1) })],
  };
  test.each(Object.entries(withDefaults))("%s has the library's defaults", (kind, [options, own]) => {
    const { optimizer } = accepted(fileWith({ kind, ...options }));
    const seen = kind === "lbfgs" ? free : bound;
    expect(trail(built(optimizer), seen)).toEqual(trail(own, seen));
  });

  const networkDefaults: Readonly<Record<string, Network<unknown>>> = {
    siren: nn.siren() as Network<unknown>,
    mlp: nn.mlp() as Network<unknown>,
    fourier: nn.fourierMlp() as Network<unknown>,
    cnn: nn.cnnDecoder({ height: 4, width: 6 }) as unknown as Network<unknown>,
  };
  test.each(Object.entries(networkDefaults))("%s has the library's defaults", (kind, own) => {
    const { parameterization } = accepted({ ...file, parameterization: { kind }, optimizer: { kind: "lbfgs" } });
    const input = kind === "cnn" ? random.normal(random.key(4), [128]) : nn.coordinates([4, 6]);
    const image = ({ init, apply }: Network<unknown>): unknown => apply(init(random.key(3)), input).toList();
    expect(image(networkOf(parameterization as RunNetwork) as Network<unknown>)).toEqual(image(own));
  });

  const size = { nelx: 6, nely: 4, nelz: 2 };
  test.each(Object.entries(traitsOfNamed))("problem %s has the traits that checks assume", (name, traits) => {
    const { nelx, nely } = size;
    const make = problems[name as keyof typeof traitsOfNamed] as (own: object) => ReturnType<typeof problems.mbb>;
    const own = make(name === "cantilever3d" ? size : { nelx, nely });
    expect(own.system.kind).toBe(traits.physics);
    const caseAxes = own.load.ndim - own.mesh.nodeShape.length - (traits.physics === "heat" ? 0 : 1);
    expect(caseAxes === 0 ? 1 : own.load.shape[0]).toBe(traits.cases);
    expect("output" in own).toBe(traits.hasOutput);
    expect(own.volumeFraction).toBe(traits.volumeFraction);
  });

  test("every problem of the library can be asked for", () => {
    const names = Object.keys(problems).filter((name) => name !== "suite");
    expect(Object.keys(traitsOfNamed).sort()).toEqual(names.sort());
  });
});
