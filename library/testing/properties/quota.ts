/**
 * Quotas, not lotteries: a table of how often each (primitive, transform) cell was tried, and the choice of the primitive
 * whose emptiest cell is the emptiest. An unweighted generator made so few solves that a transposed adjoint stayed
 * unseen in 3,000 programs.
 */
import type { Uniform } from "../chance.ts";

/** Times each cell was tried. */
export interface Quota {
  /** One more trial of a cell. */
  readonly record: (primitive: string, transform: string) => void;
  /** Trials of a cell so far. */
  readonly count: (primitive: string, transform: string) => number;
  /** The name with the emptiest cell; ties are drawn. */
  readonly choose: (random: Uniform, names: readonly string[]) => string;
}

/** Column of the table that the generator fills itself: appearances in programs. */
export const appearances = "appearances";

/** The same for calls, many of which cannot be made of what there is. */
export const successes = "successes";

/** Trials of a primitive after which its emptiest cell counts one more: a cell that nothing fills cannot starve the others. */
const patience = 15;

/**
 * An empty table. `transforms` names the cells of a primitive that count for the choice.
 * @example const quota = testing.createQuota(() => ["jvp"]); quota.record("sin", "jvp"); quota.choose(() => 0, ["sin", "cos"]) // "cos"
 */
export const createQuota = (transforms: (primitive: string) => readonly string[] = () => [appearances]): Quota => {
  const counts = new Map<string, Map<string, number>>();
  const count = (primitive: string, transform: string): number => counts.get(primitive)?.get(transform) ?? 0;
  const scoreOf = (primitive: string): number => {
    const own = counts.get(primitive);
    let least = Infinity;
    for (const transform of transforms(primitive)) least = Math.min(least, own?.get(transform) ?? 0);
    return least + count(primitive, appearances) / patience;
  };
  return {
    count,
    record: (primitive, transform) => {
      const own = counts.get(primitive) ?? new Map<string, number>();
      counts.set(primitive, own.set(transform, (own.get(transform) ?? 0) + 1));
    },
    choose: (random, names) => {
      let best: string[] = [];
      let least = Infinity;
      for (const name of names) {
        const score = scoreOf(name);
        if (score < least) [least, best] = [score, [name]];
        else if (score === least) best.push(name);
      }
      return best[Math.floor(random() * best.length)] ?? names[Math.floor(random() * names.length)]!;
    },
  };
};
