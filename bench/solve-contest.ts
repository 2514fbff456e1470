/** Ours and peers asked the same, in rounds that turn the order; every one in a process of its own. */
import type { SolverName } from "./job.ts";
import { isSolvePeerPresent, startOwnSolver, startSolvePeer } from "./solvers.ts";
import type { SolveAnswer, SolvePeerName, SolveQuestion, Solver } from "./solvers.ts";

/** Samples of all rounds, and of the last answer the rest. */
export interface Gathered extends Omit<SolveAnswer, "factor" | "solve" | "again"> {
  readonly factor: readonly number[];
  readonly solve: readonly number[];
  readonly again?: readonly number[];
}

export interface SolveContest {
  /** Absent where it failed. */
  readonly ours: Gathered | undefined;
  readonly peers: ReadonlyMap<SolvePeerName, Gathered>;
  readonly failures: readonly string[];
  readonly notes: readonly string[];
}

export const peerTitles: Readonly<Record<SolvePeerName, { readonly name: SolverName; readonly variant: string }>> = {
  spsolve: { name: "SciPy", variant: "spsolve" },
  symmetric: { name: "SciPy symmetric", variant: "SuperLU, symmetric mode" },
  cholmod: { name: "CHOLMOD", variant: "supernodal, through cvxopt" },
};

/** What is done once per mesh and stands in no row. */
export const onceText = (ours: Gathered, peers: ReadonlyMap<SolvePeerName, Gathered>): string => {
  const theirs = [...peers]
    .filter(([, { analysis }]) => analysis > 0)
    .map(([peer, { analysis }]) => `; analysis by ${peerTitles[peer].name} ${analysis.toFixed(0)} ms`);
  return `once per mesh: our first call ${ours.analysis.toFixed(0)} ms${theirs.join("")}`;
};

/** Of several samples in one answer the first is left out: caches are cold after the others' turns. */
const warmed = (samples: readonly number[]): readonly number[] => (samples.length > 2 ? samples.slice(1) : samples);

const gather = (answers: readonly SolveAnswer[]): Gathered => ({
  ...answers.at(-1)!,
  factor: answers.flatMap(({ factor }) => warmed(factor)),
  solve: answers.flatMap(({ solve }) => warmed(solve)),
  ...(answers[0]!.again && { again: answers.flatMap(({ again }) => warmed(again!)) }),
});

interface Entrant {
  readonly peer: SolvePeerName | undefined;
  readonly solver: Solver;
  readonly answers: SolveAnswer[];
  failure?: string;
}

const enter = async (peer: SolvePeerName | undefined): Promise<readonly Entrant[]> => {
  const solver = await (peer === undefined ? startOwnSolver() : startSolvePeer(peer));
  return solver === undefined ? [] : [{ peer, solver, answers: [] }];
};

const ask = async (entrant: Entrant, question: SolveQuestion): Promise<void> => {
  if (entrant.failure !== undefined) return;
  try {
    entrant.answers.push(await entrant.solver.ask(question));
  } catch (error) {
    entrant.failure = (error as Error).message;
  }
};

/** Milliseconds of a sample from which on a peer is asked in every other round only. */
const slow = 1000;

const isSlow = ({ answers }: Entrant): boolean => {
  const [first] = answers;
  return first !== undefined && (first.factor[0] ?? 0) + first.solve[0]! > slow;
};

/** Samples before the first round, which make our functions compiled ones. */
const warmUp = 5;

/**
 * @param question  what all are asked
 * @param rounds    ours are asked in every one, peers in as many as `roundsOfPeers`
 * @param own       what is asked of ours besides
 */
export const inRounds = async (
  question: SolveQuestion,
  peers: readonly SolvePeerName[],
  rounds: number,
  { own = {}, roundsOfPeers = rounds }: { readonly own?: Partial<SolveQuestion>; readonly roundsOfPeers?: number } = {},
): Promise<SolveContest> => {
  const entrants = (await Promise.all([undefined, ...peers].map(enter))).flat();
  try {
    const [ours] = entrants;
    await ask(ours!, { ...question, ...own, samples: Math.min(warmUp, question.samples) });
    ours!.answers.length = 0;
    for (let round = 0; round < rounds; round++)
      for (let turn = 0; turn < entrants.length; turn++) {
        const entrant = entrants[(turn + round) % entrants.length]!;
        if (entrant === ours) await ask(entrant, { ...question, ...own });
        else if (round < roundsOfPeers && !(round % 2 === 1 && isSlow(entrant))) await ask(entrant, question);
      }
  } finally {
    await Promise.all(entrants.map(({ solver }) => solver.close()));
  }
  const whole = entrants.filter(({ failure }) => failure === undefined);
  const gathered = (wanted: SolvePeerName | undefined): Gathered | undefined => {
    const entrant = whole.find(({ peer }) => peer === wanted);
    return entrant && gather(entrant.answers);
  };
  return {
    ours: gathered(undefined),
    peers: new Map(peers.flatMap((peer) => (gathered(peer) === undefined ? [] : [[peer, gathered(peer)!] as const]))),
    failures: entrants.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
    notes: [
      ...entrants.flatMap(({ peer, solver }) =>
        peer === undefined ? [] : [`Solves by ${peerTitles[peer].name}: ${solver.versions}.`],
      ),
      ...peers
        .filter((peer) => !isSolvePeerPresent(peer))
        .map((peer) => `${peerTitles[peer].name} is not installed here: its column is empty`),
    ],
  };
};
