/**
 * Explanation of a compiled program as text: steps in order with their loops, and where every buffer lives.
 * For tests and for readers who wonder what a program turns into.
 */
import { innerJaxprs } from "../ir/jaxpr.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { showAval } from "../ir/aval.ts";
import { showShape } from "../array/shape.ts";
import { bytesOf } from "./buffer-plan.ts";
import type { Operand } from "./fusion.ts";
import { showNest } from "./kernel-ir.ts";
import { buildProgram, isBuffer } from "./program.ts";
import type { ControlStep, KernelStep, Program, RoutineStep } from "./program.ts";

const showOperand = (operand: Operand): string =>
  operand.kind === "buffer" ? `b${operand.buffer}` : `${operand.value.item()}:${showAval(operand.aval)}`;

const showBuffers = ({ buffers, plan, inputCount }: Program): string =>
  buffers
    .map((buffer, k) => {
      const offset = plan.offsets[k]!;
      const slot = plan.slots[k]!;
      const place = slot >= 0 ? `behind pointer ${slot}` : offset < 0 ? "outside the frame" : `at ${offset}`;
      return `  b${k}: ${buffer.dtype}${showShape(buffer.shape)}${k < inputCount ? " input" : ""}, ${bytesOf(buffer)} bytes ${place}\n`;
    })
    .join("");

/** Scopes of the equations of a step, as a line of its own; nothing where there are none. */
const showScopes = (scopes: readonly (string | undefined)[]): string => {
  const named = scopes.filter((scope) => scope !== undefined);
  return named.length === 0 ? "" : `  @ ${named.join(", ")}\n`;
};

/** Programs of the bodies of a loop, or of the branches of a choice, indented. */
const showInner = (step: RoutineStep | KernelStep | ControlStep): string => {
  const texts = step.kind === "control" ? step.bodies.map(explainProgram) : innerJaxprs(step.equation).map(explain);
  return texts.map((text) => `${text.trimEnd().replaceAll(/^/gm, "  | ")}\n`).join("  |\n");
};

const showCall = (step: RoutineStep | KernelStep | ControlStep): string => {
  const { primitive } = step.equation;
  const results = step.results.map((buffer) => `b${buffer}`).join(", ");
  if (step.kind === "routine")
    return `routine ${primitive.name}(${step.operands.map(showOperand).join(", ")}) -> ${results}`;
  if (step.kind === "control")
    return `${primitive.name}(${step.operands.map((operand) => (isBuffer(operand) ? `b${operand}` : operand.item())).join(", ")}) -> ${results}`;
  const { module, call } = step.routine;
  return `kernel ${module.name}.${call.function}(${step.operands.map((buffer) => `b${buffer}`).join(", ")}) -> ${results}`;
};

const explainProgram = (program: Program): string => {
  const steps = program.steps.map((step) =>
    step.kind === "nest"
      ? `${showNest(step.nest)}${showScopes(step.scopes)}`
      : `${showCall(step)}\n${showScopes([step.equation.scope])}${showInner(step)}`,
  );
  return `${steps.join("")}outputs ${program.outputs.map(showOperand).join(", ")}\nframe of ${program.plan.bytes} bytes\n${showBuffers(program)}`;
};

/** What a jaxpr without constants is compiled to. */
export const explain = (jaxpr: Jaxpr): string => explainProgram(buildProgram(jaxpr));
