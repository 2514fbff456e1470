/**
 * Independent reading of our bytes: validated, printed and assembled again by the WebAssembly Binary Toolkit.
 * Instantiation by the engine that runs the tests.
 */
import wabt from "wabt";

const toolkit = await wabt();
const features = {
  simd: true,
  relaxed_simd: true,
  threads: true,
  bulk_memory: true,
  sat_float_to_int: true,
  sign_extension: true,
};

/** A module of the toolkit; its published types omit that `validate` takes the features allowed, too. */
type Validator = { readonly validate: (allowed: typeof features) => void };

/** The module as text, one instruction a line; throws if it is not valid. */
export function disassemble(bytes: Uint8Array, readDebugNames = false): string {
  const module = toolkit.readWasm(bytes, { ...features, readDebugNames });
  try {
    (module as unknown as Validator).validate(features);
    if (readDebugNames) module.applyNames();
    return module.toText({ foldExprs: false, inlineExport: false });
  } finally {
    module.destroy();
  }
}

/** The bytes that the toolkit makes of the text it reads from our bytes. */
export function reassemble(bytes: Uint8Array): Uint8Array {
  const module = toolkit.parseWat("module.wat", disassemble(bytes), features);
  try {
    (module as unknown as Validator).validate(features);
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

/** A function of an instance, as JavaScript sees it. */
export type Callable = (...values: readonly (number | bigint)[]) => number | bigint;

/** Compiles and instantiates; returns the exports, functions callable without casts. */
export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  imports: WebAssembly.Imports = {},
): Readonly<Record<string, Callable>> {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as unknown as Record<
    string,
    Callable
  >;
}
