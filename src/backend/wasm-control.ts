/**
 * Loops and branches as WebAssembly. A body is a function of its frame, at whose head pointers say where its inputs and
 * outputs lie: constants and rows stay where they are, the state of a loop goes to and fro between two places, and
 * rounds move the pointers to rows.
 */
import { i32 } from "../../kernels/assembler/index.ts";
import type { Expression, FunctionBuilder, FunctionReference, Local } from "../../kernels/assembler/index.ts";
import { bytesOf, pointerBytes } from "../compile/buffer-plan.ts";
import type { Buffer, ControlOperand } from "../compile/groups.ts";
import { isBuffer } from "../compile/steps.ts";
import type { ControlStep } from "../compile/steps.ts";
import { loadAs } from "./wasm-expression.ts";

type Builder = FunctionBuilder<"none">;
type Address = Expression<"i32">;
/** The function of a body. */
export type Body = FunctionReference<readonly ["i32"]>;

/** Where things are when a step with loops or branches is written. */
export interface ControlScope {
  readonly addressOf: (buffer: number) => Address;
  /** Buffers of the program that the step belongs to. */
  readonly buffers: readonly Buffer[];
  readonly bodies: readonly Body[];
}

/** The pointers of a body at the head of its frame. */
interface Pointers {
  readonly set: (slot: number, address: Address) => void;
  readonly advance: (slot: number, bytes: number) => void;
}

const pointersAt = (f: Builder, frame: Local<"i32">): Pointers => ({
  set: (slot, address) => f.store(frame, address, pointerBytes * slot),
  advance: (slot, bytes) =>
    f.store(frame, i32.add(i32.load(frame, pointerBytes * slot), i32.const(bytes)), pointerBytes * slot),
});

/** Pointers 0, 1, .. to the operands that are buffers; the body knows the others. */
const setOperands = (
  pointers: Pointers,
  operands: readonly ControlOperand[],
  addressOf: ControlScope["addressOf"],
): void => operands.forEach((operand, slot) => isBuffer(operand) && pointers.set(slot, addressOf(operand)));

/** One part of a loop's state: where it is now, where the round leaves it, and the sum of the two places that rounds write in turn. */
interface State {
  readonly now: Local<"i32">;
  readonly next: Local<"i32">;
  /** Null where rounds change it in place. */
  readonly both: Local<"i32"> | null;
  readonly bytes: number;
}

/** @param startsWithResult  whether the first round writes the result, not the spare place */
const stateOf = (
  f: Builder,
  { addressOf, buffers }: ControlScope,
  { operands, results, spare }: ControlStep,
  first: number,
  count: number,
  startsWithResult: boolean,
): State[] =>
  results.slice(0, count).map((result, k) => {
    const bytes = bytesOf(buffers[result]!);
    const [now, own] = [f.hold(addressOf(operands[first + k] as number)), f.hold(addressOf(result))];
    const second = spare[k]!;
    if (second === null) {
      f.if(i32.ne(now, own), () => f.memoryCopy(own, now, i32.const(bytes)));
      return { now: own, next: own, both: null, bytes };
    }
    const other = f.hold(addressOf(second));
    return { now, next: f.hold(startsWithResult ? own : other), both: f.hold(i32.add(own, other)), bytes };
  });

/** What was next is now. */
const turn = (f: Builder, { now, next, both }: State): void => {
  if (both === null) return;
  f.set(now, next);
  f.set(next, i32.sub(both, next));
};

const writeScan = (f: Builder, step: ControlStep, scope: ControlScope, frame: Local<"i32">): void => {
  const { control, operands, results } = step;
  if (control.kind !== "scan") return;
  const { length, reverse, constCount, carryCount } = control;
  const { addressOf, buffers, bodies } = scope;
  // The last round writes the results.
  const state = stateOf(f, scope, step, constCount, carryCount, length % 2 === 1);
  if (length === 0) {
    state.forEach(({ now, bytes }, k) => f.memoryCopy(addressOf(results[k]!), now, i32.const(bytes)));
    return;
  }
  const pointers = pointersAt(f, frame);
  const outputSlot = operands.length;
  setOperands(pointers, operands.slice(0, constCount), addressOf);
  const rows = [
    ...operands.map((operand, slot) => ({ buffer: operand as number, slot })).slice(constCount + carryCount),
    ...results.map((buffer, k) => ({ buffer, slot: outputSlot + k })).slice(carryCount),
  ].map(({ buffer, slot }) => ({ buffer, slot, bytes: bytesOf(buffers[buffer]!) / length }));
  for (const { buffer, slot, bytes } of rows) {
    const start = addressOf(buffer);
    pointers.set(slot, reverse ? i32.add(start, i32.const((length - 1) * bytes)) : start);
  }
  f.for(f.local("i32"), 0, length, 1, () => {
    state.forEach(({ now, next }, k) => {
      pointers.set(constCount + k, now);
      pointers.set(outputSlot + k, next);
    });
    f.call(bodies[0]!, frame);
    state.forEach((own) => turn(f, own));
    for (const { slot, bytes } of rows) pointers.advance(slot, reverse ? -bytes : bytes);
  });
};

const writeWhile = (f: Builder, step: ControlStep, scope: ControlScope, frame: Local<"i32">): void => {
  const { control, operands, results } = step;
  if (control.kind !== "while") return;
  const { conditionConstants, bodyConstants } = control;
  const { addressOf, bodies } = scope;
  const state = stateOf(f, scope, step, conditionConstants + bodyConstants, results.length, true);
  const pointers = pointersAt(f, frame);
  const answer = f.hold(addressOf(step.answer!));
  f.loop((again) => {
    setOperands(pointers, operands.slice(0, conditionConstants), addressOf);
    state.forEach(({ now }, k) => pointers.set(conditionConstants + k, now));
    pointers.set(conditionConstants + state.length, answer);
    f.call(bodies[0]!, frame);
    f.if(i32.load8_u(answer), () => {
      setOperands(pointers, operands.slice(conditionConstants, conditionConstants + bodyConstants), addressOf);
      state.forEach(({ now, next }, k) => {
        pointers.set(bodyConstants + k, now);
        pointers.set(bodyConstants + state.length + k, next);
      });
      f.call(bodies[1]!, frame);
      state.forEach((own) => turn(f, own));
      f.br(again);
    });
  });
  state.forEach(({ now, bytes }, k) => {
    const result = f.hold(addressOf(results[k]!));
    f.if(i32.ne(now, result), () => f.memoryCopy(result, now, i32.const(bytes)));
  });
};

const writeChoice = (f: Builder, step: ControlStep, scope: ControlScope, frame: Local<"i32">): void => {
  const [index, ...operands] = step.operands;
  const { addressOf, buffers, bodies } = scope;
  const pointers = pointersAt(f, frame);
  setOperands(pointers, [...operands, ...step.results], addressOf);
  const chosen = f.hold(loadAs(buffers[index as number]!.dtype, addressOf(index as number), 0) as Expression<"i32">);
  bodies.forEach((body, k) => f.if(i32.eq(chosen, i32.const(k)), () => f.call(body, frame)));
};

const writers = { scan: writeScan, while: writeWhile, cond: writeChoice };

/** Writes the step as part of a function of the frame around it. */
export const writeControl = (f: Builder, step: ControlStep, scope: ControlScope): void =>
  writers[step.control.kind](f, step, scope, f.hold(scope.addressOf(step.frame)));
