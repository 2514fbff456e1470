/** What the command line says of itself: all commands, each of them, and the version. */
import { createRequire } from "node:module";

export const usage = `cotangent: topology optimization from problem files

  cotangent run problem.json --out DIR [--resume] [--json] [--quiet]
                                                             one optimization; checkpoints, pictures and files in DIR
  cotangent demo --out DIR                                   a problem file to begin with, and its run
  cotangent compare problem.json --out DIR                   pixels, MLP, SIREN and CNN side by side
  cotangent suite [small|all|NAME ...] [--with pixels,cnn] [--iterations N]
                                                             tasks of the public suite of 116
  cotangent check module.js [--order 2]                      a module's derivatives against finite differences
  cotangent bench                                            what an iteration takes on this machine
  cotangent help problem                                     what a problem file may say
  cotangent help COMMAND                                     what a command takes
  cotangent schema                                           the same as JSON Schema, for editors
  cotangent --version

Exit codes: 0 done, 1 failed, 2 wrong command or problem file, 130 interrupted (a run goes on with --resume).
`;

/** What each command takes. */
export const helpOf: Readonly<Record<string, string>> = {
  run: `cotangent run problem.json --out DIR [--resume] [--json] [--quiet]

One optimization, from a problem file to a folder. The files hold the best design; the animation ends with the last one.

  --out DIR   where to write; made if it is not there. A folder that holds a run already is refused without --resume, and one
              that holds a comparison, or in which another run is under way, in any case
  --resume    goes on with the run in DIR where it was interrupted, or has ended and the file now asks for more: iterations,
              time, or a smaller stop.change. Title, output and threads may be others, too; all else has to be the same.
              What was not kept cannot be had later: an animation, or one with more pictures of what is over.
              A run that failed is not tried again: its files are written, and why it failed is said
  --json      one JSON object a line: iterations, messages, and at last the result
  --quiet     no progress, only the outcome

Exit codes: 0 done, 1 failed (a design without a value, wrong gradients, a full disk), 2 wrong command or problem file,
130 interrupted (go on with --resume). Ctrl-C is heard after the iteration under way.
`,
  demo: `cotangent demo --out DIR

Writes a problem file to begin with, DIR/problem.json, and runs it there.

  --out DIR   where to write; made if it is not there
`,
  compare: `cotangent compare problem.json --out DIR

The problem of a file by pixels, MLP, SIREN and CNN, one after the other: the file itself with another parameterization and
an optimizer that suits it. What the file asks for itself keeps its settings and optimizer. Bounds on the volume become a
network's volume fraction; other constraints go to it by an augmented Lagrangian. What does not fit is left out.

  --out DIR   where to write comparison.json, a report, curves and, in the plane, pictures of the best designs: anew after each
              of them, so that those that are finished remain when it is interrupted. A folder that holds a run or another
              comparison is refused

Of the file's output, only scale counts: files, every and checkpointEvery are for cotangent run.
Exit code 1 where one of them failed or has wrong gradients; the others go on.
`,
  suite: `cotangent suite [small|all|NAME ...] [--with pixels,cnn] [--iterations N]

Tasks of the public suite of 116, by their names, or "small" (without names) or "all".

  --with LIST      parameterizations among pixels, mlp, siren, cnn; pixels,cnn without. One named twice counts once, as do tasks
  --iterations N   of each run, from 1; 100 without

Exit code 1 where one of them failed; the others go on.
`,
  check: `cotangent check module.js [--order 2]

The derivatives of a module's own functions against finite differences. The module exports functions of arrays, and args: the
list of arguments they are looked at with, or a record of lists by function name.

  --order N   derivatives up to this order, from 1 to 4; 2 without

Exit code 1 where one is wrong or a function throws; the others are looked at all the same. Node 20 does not load TypeScript:
there, npx tsx node_modules/.bin/cotangent check module.mts does.
`,
  bench: `cotangent bench

Milliseconds of an iteration on this machine, for a few sizes of the MBB beam.
`,
  schema: `cotangent schema

The JSON Schema of problem files, for editors.
`,
};

/** Of the package: found by its own name, from the sources as from where they were built to. */
export const version = (): string =>
  (createRequire(import.meta.url)("cotangent/package.json") as { readonly version: string }).version;
