/**
 * The body of a function: statements append bytes as they are called, control structures take callbacks.
 * Between statements the operand stack is empty; a branch names its target by how many blocks lie between.
 * Source: WebAssembly core specification 2.0, sections 2.4.8 (control) and 5.4.1.
 */
import { memoryAccess, pointerTo } from "./address.ts";
import { type ByteWriter, writeByte, writeUnsigned } from "./bytes.ts";
import { AssemblyError } from "./error.ts";
import { argumentsOf, noOperands, node, operandOf, requireOwn, writeExpression, writeOpcode } from "./expression.ts";
import { core, integerBinary, integerComparison, laneStore, narrowStore, scalarBase, wholeStore } from "./opcodes.ts";
import {
  type AddressOperand,
  type Arguments,
  type Expression,
  type FunctionReference,
  type Global,
  type Label,
  type Local,
  type Operand,
  type ResultType,
  type ValueType,
  valueTypeCode,
} from "./types.ts";

type Vector = Expression<"v128">;
type Integer = Expression<"i32" | "i64">;

/** Statements and control structures of any function. */
export interface Statements {
  /** A new local variable, zero until it is set. */
  readonly local: <T extends ValueType>(type: T) => Local<T>;
  /** Evaluates the expression here, once, and remembers its value in a new local variable. */
  readonly hold: <T extends ValueType>(value: Expression<T>) => Local<T>;
  /** variable = value. */
  readonly set: <T extends ValueType>(variable: Local<T> | Global<T>, value: Operand<NoInfer<T>>) => void;
  /** Evaluates the expression and forgets its value. */
  readonly drop: (value: Expression<ValueType>) => void;
  /** Calls a function and forgets its result, if it has one. */
  readonly call: <P extends readonly ValueType[]>(callee: FunctionReference<P>, ...operands: Arguments<P>) => void;

  /** Writes a whole value (its type says how many bytes) at `address + offset` bytes. */
  readonly store: (address: AddressOperand, value: Expression<ValueType>, offset?: number) => void;
  /** Writes the low 8, 16 or 32 bits of an integer. */
  readonly store8: (address: AddressOperand, value: Integer, offset?: number) => void;
  readonly store16: (address: AddressOperand, value: Integer, offset?: number) => void;
  readonly store32: (address: AddressOperand, value: Integer, offset?: number) => void;
  /** Writes one lane of 8, 16, 32 or 64 bits of a vector. */
  readonly storeLane: (bits: 8 | 16 | 32 | 64, address: AddressOperand, vector: Vector, lane: number) => void;
  /** Copies `bytes` bytes; the ranges may overlap. */
  readonly memoryCopy: (target: AddressOperand, source: AddressOperand, bytes: Operand<"i32">) => void;
  /** Sets `bytes` bytes to the low 8 bits of `value`. */
  readonly memoryFill: (target: AddressOperand, value: Operand<"i32">, bytes: Operand<"i32">) => void;

  /** A branch to the label leaves the block. */
  readonly block: (body: (exit: Label) => void) => void;
  /** A branch to the label starts the body anew; at its end the loop is left. */
  readonly loop: (body: (again: Label) => void) => void;
  /** A branch to the label leaves the whole if. */
  readonly if: (condition: Operand<"i32">, whenTrue: (exit: Label) => void, whenFalse?: (exit: Label) => void) => void;
  readonly br: (label: Label) => void;
  readonly brIf: (label: Label, condition: Operand<"i32">) => void;
  /** Branches to labels[index], or to `otherwise` if there is none. */
  readonly brTable: (labels: readonly Label[], otherwise: Label, index: Operand<"i32">) => void;
  readonly unreachable: () => void;
  /**
   * for (counter = start; counter < end; counter += step) body. Signed; a negative step counts down while counter > end.
   * @param end   evaluated once, before the first round
   * @param step  an integer literal, not zero; counter + step must not overflow before the end
   * @param body  is handed the label that leaves the loop
   */
  readonly for: (
    counter: Local<"i32">,
    start: Operand<"i32">,
    end: Operand<"i32">,
    step: number,
    body: (exit: Label) => void,
  ) => void;
  /** while (condition) body; the condition is evaluated before every round. `body` is handed the label that leaves the loop. */
  readonly while: (condition: Operand<"i32">, body: (exit: Label) => void) => void;
}

/** Statements of a function with result type R. */
export interface FunctionBuilder<R extends ResultType> extends Statements {
  /** Leaves the function, with a value if it has a result. */
  readonly return: (...value: R extends ValueType ? [value: Operand<R>] : []) => void;
}

/** A function being written: its result type, its variables, the labels open, its instructions so far. */
export interface FunctionState {
  result: ResultType;
  readonly writer: ByteWriter;
  readonly locals: Local<ValueType>[];
  readonly labels: Label[];
}

const compare = scalarBase.i32.comparison;
const add: number = scalarBase.i32.binary + integerBinary.add;

type Variables = Pick<Statements, "local" | "hold" | "set" | "drop" | "call">;
type Memory = Pick<Statements, "store" | "store8" | "store16" | "store32" | "storeLane" | "memoryCopy" | "memoryFill">;
type Branches = Pick<Statements, "block" | "loop" | "if" | "br" | "brIf" | "brTable" | "unreachable">;

function variables({ writer, locals }: FunctionState): Variables {
  const local = <T extends ValueType>(type: T): Local<T> => {
    const variable = node(type, core.local_get, noOperands, locals.length) as Local<T>;
    locals.push(variable);
    return variable;
  };
  const set = <T extends ValueType>(variable: Local<T> | Global<T>, value: Operand<NoInfer<T>>): void => {
    const isLocal = variable.opcode === core.local_get;
    if (isLocal) requireOwn(variable, locals);
    writeExpression(writer, operandOf(variable.type, value, isLocal ? "local.set" : "global.set"), locals);
    writeByte(writer, isLocal ? core.local_set : core.global_set);
    writeUnsigned(writer, variable.immediate);
  };
  return {
    local,
    set,
    hold: (value) => {
      const variable = local(value.type);
      set(variable, value as Operand<NoInfer<typeof value.type>>);
      return variable;
    },
    drop: (value) => {
      writeExpression(writer, value, locals);
      writeByte(writer, core.drop);
    },
    call: (callee, ...operands) => {
      for (const operand of argumentsOf(callee, operands)) writeExpression(writer, operand, locals);
      writeByte(writer, core.call);
      writeUnsigned(writer, callee.index);
      if (callee.result !== "none") writeByte(writer, core.drop);
    },
  };
}

function memory({ writer, locals }: FunctionState): Memory {
  const write = (
    opcode: number,
    alignment: number,
    address: AddressOperand,
    value: Expression<ValueType>,
    offset = 0,
    lane?: number,
  ): void => {
    const { pointer, immediate } = memoryAccess(address, offset, alignment, lane);
    writeExpression(writer, pointer, locals);
    writeExpression(writer, value, locals);
    writeOpcode(writer, opcode);
    for (const byte of immediate) writeByte(writer, byte);
  };
  const narrow =
    (bits: 8 | 16 | 32, alignment: number) =>
    (address: AddressOperand, value: Integer, offset?: number): void => {
      if (value.type !== "i32" && value.type !== "i64") {
        throw new AssemblyError(
          `store${bits} wants an i32 or i64 but was given ${String((value as Expression<ValueType>).type)}; convert it first.`,
        );
      }
      write(narrowStore[bits][value.type], alignment, address, value, offset);
    };
  const bulk = (opcode: number, operands: readonly Expression<ValueType>[], memories: number): void => {
    for (const operand of operands) writeExpression(writer, operand, locals);
    writeOpcode(writer, opcode);
    for (let i = 0; i < memories; i++) writeByte(writer, 0);
  };
  return {
    store: (address, value, offset) => {
      const [opcode, alignment] = wholeStore[value.type];
      write(opcode, alignment, address, value, offset);
    },
    store8: narrow(8, 0),
    store16: narrow(16, 1),
    store32: narrow(32, 2),
    storeLane: (bits, address, vector, lane) => {
      const [opcode, alignment] = laneStore[bits];
      if (!Number.isInteger(lane) || lane < 0 || lane >= 128 / bits) {
        throw new AssemblyError(
          `storeLane of ${bits} bits was asked for lane ${lane}; lanes are the integers 0 to ${128 / bits - 1}.`,
        );
      }
      write(opcode, alignment, address, operandOf("v128", vector, "storeLane"), 0, lane);
    },
    memoryCopy: (target, source, bytes) =>
      bulk(core.memory_copy, [pointerTo(target), pointerTo(source), operandOf("i32", bytes, "memory.copy")], 2),
    memoryFill: (target, value, bytes) =>
      bulk(
        core.memory_fill,
        [pointerTo(target), operandOf("i32", value, "memory.fill"), operandOf("i32", bytes, "memory.fill")],
        1,
      ),
  };
}

function branches({ writer, locals, labels }: FunctionState): Branches {
  const nested = (label: Label, body: (label: Label) => void): void => {
    labels.push(label);
    body(label);
    labels.pop();
  };
  const structure = (opcode: number, body: (label: Label) => void): void => {
    writeByte(writer, opcode);
    writeByte(writer, valueTypeCode.none);
    nested({ depth: labels.length }, body);
    writeByte(writer, core.end);
  };
  const distance = (label: Label): number => {
    if (labels[label.depth] !== label) {
      throw new AssemblyError(
        "a branch was asked for a label that does not enclose it; branch only from within the body that was handed the label.",
      );
    }
    return labels.length - 1 - label.depth;
  };
  return {
    block: (body) => structure(core.block, body),
    loop: (body) => structure(core.loop, body),
    if: (condition, whenTrue, whenFalse) => {
      writeExpression(writer, operandOf("i32", condition, "if"), locals);
      structure(core.if, (exit) => {
        whenTrue(exit);
        if (whenFalse === undefined) return;
        writeByte(writer, core.else);
        whenFalse(exit);
      });
    },
    br: (label) => {
      writeByte(writer, core.br);
      writeUnsigned(writer, distance(label));
    },
    brIf: (label, condition) => {
      writeExpression(writer, operandOf("i32", condition, "br_if"), locals);
      writeByte(writer, core.br_if);
      writeUnsigned(writer, distance(label));
    },
    brTable: (targets, otherwise, index) => {
      writeExpression(writer, operandOf("i32", index, "br_table"), locals);
      writeByte(writer, core.br_table);
      writeUnsigned(writer, targets.length);
      for (const target of [...targets, otherwise]) writeUnsigned(writer, distance(target));
    },
    unreachable: () => writeByte(writer, core.unreachable),
  };
}

function countedLoops(
  { hold, set }: Variables,
  { block, loop, br, brIf }: Branches,
): Pick<Statements, "for" | "while"> {
  return {
    for: (counter, start, end, step, body) => {
      if (!Number.isInteger(step) || step === 0) {
        throw new AssemblyError(`for was asked for step ${step}; it must be an integer other than zero.`);
      }
      const bound = operandOf("i32", end, "end of for");
      const limit = bound.opcode === core.i32_const ? bound : hold(bound);
      const isDone = node("i32", compare + (step > 0 ? integerComparison.ge_s : integerComparison.le_s), [
        counter,
        limit,
      ]);
      const isNotDone = (value: Expression<"i32">): Expression<"i32"> =>
        node("i32", compare + (step > 0 ? integerComparison.lt_s : integerComparison.gt_s), [value, limit]);
      set(counter, start);
      block((exit) => {
        brIf(exit, isDone);
        loop((again) => {
          body(exit);
          const next = node("i32", add, [counter, operandOf("i32", step, "step of for")]);
          brIf(again, isNotDone(node("i32", core.local_tee, [next], counter)));
        });
      });
    },
    while: (condition, body) =>
      block((exit) =>
        loop((again) => {
          brIf(exit, node("i32", scalarBase.i32.eqz, [operandOf("i32", condition, "while")]));
          body(exit);
          br(again);
        }),
      ),
  };
}

/** The statements that write into `state`. Making them costs microseconds, hence one builder serves function after function. */
export function functionBuilder(state: FunctionState): FunctionBuilder<ResultType> {
  const { writer, locals } = state;
  const made = variables(state);
  const control = branches(state);
  return {
    ...made,
    ...memory(state),
    ...control,
    ...countedLoops(made, control),
    return: (...value) => {
      const [result] = value as readonly Operand<ValueType>[];
      if (state.result !== "none")
        writeExpression(writer, operandOf(state.result, result as Operand<ValueType>, "return"), locals);
      writeByte(writer, core.return);
    },
  };
}
