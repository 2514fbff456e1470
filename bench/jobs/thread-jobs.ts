/** Two threads against one, both ours: the product and the network, of which most is work that can be divided. */
import { matmul } from "./array-jobs.ts";
import { single } from "./draft.ts";
import type { Draft } from "./draft.ts";
import { siren } from "./network-jobs.ts";

/** A speed-up of 1.7. */
const goal = { peer: "one thread", ratio: 0.588 } as const;

const onTwoThreads = ({ flops: _, ...draft }: Draft): Draft => ({
  ...draft,
  name: `two threads: ${draft.name}`,
  ways: ["two threads"],
  peers: ["one thread"],
  goals: [goal],
});

export const threadJobs = [matmul("float32"), siren("float32")].map((draft) => single("float32", onTwoThreads(draft)));
