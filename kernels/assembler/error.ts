/**
 * The one error of the assembler: a program that cannot be written as WebAssembly.
 * Every message says what was asked, what was seen, and what to do.
 */

/** Thrown when instructions, functions or modules are put together in a way WebAssembly has no bytes for. */
export class AssemblyError extends Error {
  readonly code: "AssemblyError" = "AssemblyError";

  constructor(message: string) {
    super(message);
    this.name = "AssemblyError";
  }
}
