/**
 * The suite of Hoyer, Sohl-Dickstein & Greydanus 2019 (Neural reparameterization improves structural optimization,
 * arXiv:1909.04240): 28 families, 116 tasks, re-derived from the definitions in its code, google-research/
 * neural-structural-optimization.
 */
import { InvalidProblem } from "../../../src/error.ts";
import { showValue } from "../../../src/describe.ts";
import { elasticity, gridMesh } from "../../../library/fem/index.ts";
import type { Problem } from "../problem.ts";
import { elementFlags } from "../rows-and-columns.ts";
import { beams } from "./beams.ts";
import { bridges } from "./bridges.ts";
import { buildings } from "./buildings.ts";
import { columns } from "./columns.ts";
import type { Family, Size } from "./family.ts";
import { restricted } from "./restricted.ts";

/** A task that has not been built yet; its mesh, tables and fields take memory. */
export interface SuiteTask {
  /** Family, size and fraction, as "mbb_beam_96x32_0.5". */
  readonly name: string;
  readonly family: string;
  readonly nelx: number;
  readonly nely: number;
  /** Of the elements where material may be. */
  readonly volumeFraction: number;
  readonly build: () => Problem;
}

/** The problem of a name, or a list of tasks. */
export interface Suite {
  (list: "all" | "small"): readonly SuiteTask[];
  (name: string): Problem;
}

const families: readonly Family[] = [...beams, ...restricted, ...columns, ...bridges, ...buildings];

const taskOf = (
  { name: family, conditions, isOpen }: Family,
  [nelx, nely, volumeFraction, repeat = 0]: Size,
): SuiteTask => {
  const name = `${family}_${nelx}x${nely}_${volumeFraction}`;
  const build = (): Problem => {
    const mesh = gridMesh({ nelx, nely });
    const { supports, load } = conditions(mesh, repeat);
    return {
      mesh,
      system: elasticity(mesh, { supports }),
      load,
      ...(isOpen === undefined ? {} : { mask: elementFlags(mesh, (column, row) => isOpen(mesh, column, row)) }),
      volumeFraction,
      name,
    };
  };
  return Object.freeze({ name, family, nelx, nely, volumeFraction, build });
};

const tasks: readonly SuiteTask[] = Object.freeze(
  families.flatMap((family) => family.sizes.map((size) => taskOf(family, size))),
);

/** A task of every family at least. */
const small: readonly SuiteTask[] = Object.freeze(tasks.filter(({ nelx, nely }) => nelx * nely <= 64 * 64));

const unknownName = (name: unknown): InvalidProblem => {
  const related = families.filter((family) => typeof name === "string" && name.startsWith(family.name));
  const known = tasks.filter(({ family }) => related.some((own) => own.name === family)).map((task) => task.name);
  return new InvalidProblem(
    "problems.suite",
    showValue(name),
    known.length > 0
      ? `Tasks of this family: ${known.join(", ")}`
      : 'Ask for "all", "small" or a task, as "mbb_beam_96x32_0.5"; suite("all") lists them',
  );
};

export const suite: Suite = ((name: string): Problem | readonly SuiteTask[] => {
  if (name === "all") return tasks;
  if (name === "small") return small;
  const task = tasks.find((own) => own.name === name);
  if (task === undefined) throw unknownName(name);
  return task.build();
}) as Suite;
