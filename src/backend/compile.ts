/**
 * Compilation of a jaxpr for a back end. Where it fails, callers interpret; a notice says so once.
 */
import { buildProgram } from "../compile/program.ts";
import type { Program } from "../compile/steps.ts";
import { hasEffects } from "../ir/effects.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { notify } from "../notice.ts";
import { threadCount } from "../machine.ts";
import { prepareJavaScript } from "./run-javascript.ts";
import type { Executable } from "./run-javascript.ts";
import { prepareStream } from "./run-blocks.ts";
import { prepareWasm } from "./run-wasm.ts";
import type { PresentBackend } from "./select.ts";
import { possibleThreads } from "./threads.ts";

/** Back ends that run code made for a program. */
export type CompilingBackend = Exclude<PresentBackend, "interpreter">;

/** Called before every compilation; what it throws makes that compilation fail. For tests. */
let faultInjection: ((backend: PresentBackend) => void) | null = null;

export const injectCompileFaults = (fault: ((backend: PresentBackend) => void) | null): void => {
  faultInjection = fault;
};

/**
 * What `prepare` makes of the jaxpr's program; null, and a notice, where it cannot.
 * @param threads  how many may share its steps
 */
export const compileWith = <T>(
  jaxpr: Jaxpr,
  backend: CompilingBackend,
  prepare: (program: Program) => T,
  threads = 1,
): T | null => {
  try {
    faultInjection?.(backend);
    return prepare(buildProgram(jaxpr, backend === "wasm", threads));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    notify(
      "CompileFailed",
      `${backend} ${error instanceof Error ? error.name : ""}`,
      `a program could not be compiled for ${backend} (${message}); the interpreter runs it, with the same results.`,
    );
    return null;
  }
};

/** The jaxpr as a function of concrete arrays; null, and a notice, where it cannot be compiled. */
export const compileJaxpr = (jaxpr: Jaxpr, backend: CompilingBackend): Executable | null => {
  if (backend === "js") return compileWith(jaxpr, backend, prepareJavaScript);
  // A call whose worker is lost is made again, which a program with effects cannot be.
  const threads = hasEffects(jaxpr) ? 1 : possibleThreads(threadCount());
  return compileWith(
    jaxpr,
    backend,
    (program) => (program.blocks === null ? prepareWasm(program, threads) : prepareStream(program, program.blocks)),
    threads,
  );
};
