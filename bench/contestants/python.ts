/** Which Python has which library: the first interpreter of this machine that imports it. Everything runs on one thread. */
import { spawnSync } from "node:child_process";

const interpreters = ["python3", "/usr/bin/python3", "python"];

const found = new Map<string, string | undefined>();

/** The interpreter that has the module, undefined where none has. */
export const pythonWith = (module: string): string | undefined => {
  if (!found.has(module))
    found.set(
      module,
      interpreters.find((python) => spawnSync(python, ["-c", `import ${module}`]).status === 0),
    );
  return found.get(module);
};

/** The environment in which numeric libraries keep to one thread. */
export const oneThread: NodeJS.ProcessEnv = {
  ...process.env,
  ...Object.fromEntries(
    ["OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB", "NUMEXPR"].map((library) => [`${library}_NUM_THREADS`, "1"]),
  ),
};
