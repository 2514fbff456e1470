/**
 * Explanation of a compiled program as text: the jaxpr before and after the passes, the steps in order with their loops
 * and what they cost, and where every buffer lives. For tests and for readers who wonder what a program turns into.
 */
import { innerJaxprs } from "../ir/jaxpr.ts";
import type { Jaxpr } from "../ir/jaxpr.ts";
import { showAval } from "../ir/aval.ts";
import { printJaxpr } from "../ir/print.ts";
import { showShape } from "../array/shape.ts";
import { bytesOf } from "./buffer-plan.ts";
import { costOf, costOfStep, showCost, showIntensity } from "./cost.ts";
import type { Operand } from "./groups.ts";
import { showNest } from "./kernel-ir.ts";
import { optimize } from "./optimize.ts";
import { blockLength } from "./blocks.ts";
import { buildProgram } from "./program.ts";
import { isBuffer } from "./steps.ts";
import type { ControlStep, KernelStep, Program, ProgramStep, RoutineStep } from "./steps.ts";

type CallStep = RoutineStep | KernelStep | ControlStep;

// --- Jaxprs -----------------------------------------------------------------------------------

const showCount = ({ equations }: Jaxpr): string =>
  `${equations.length} ${equations.length === 1 ? "equation" : "equations"}`;

/** The jaxpr as it was traced, and as the passes leave it with the rules that they applied. */
const showPasses = (jaxpr: Jaxpr): string => {
  const applied = new Map<string, number>();
  const optimized = optimize(jaxpr, (rule) => applied.set(rule, (applied.get(rule) ?? 0) + 1));
  const traced = `traced: ${showCount(jaxpr)}\n${printJaxpr(jaxpr)}\n`;
  if (optimized === jaxpr) return `${traced}optimized: as traced\n`;
  const rules = [...applied].map(([rule, count]) => `  by ${rule}${count === 1 ? "" : `, ${count} times`}\n`);
  return `${traced}optimized: ${showCount(optimized)}\n${rules.join("")}${printJaxpr(optimized)}\n`;
};

// --- Programs ---------------------------------------------------------------------------------

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
const showInner = (step: CallStep): string => {
  const programs =
    step.kind === "control" ? step.bodies : innerJaxprs(step.equation).map((jaxpr) => buildProgram(jaxpr));
  return programs.map((program) => `${showProgram(program).trimEnd().replaceAll(/^/gm, "  | ")}\n`).join("  |\n");
};

const showCall = (step: CallStep): string => {
  const { primitive } = step.equation;
  const results = step.results.map((buffer) => `b${buffer}`).join(", ");
  if (step.kind === "routine")
    return `routine ${primitive.name}(${step.operands.map(showOperand).join(", ")}) -> ${results}`;
  if (step.kind === "control")
    return `${primitive.name}(${step.operands.map((operand) => (isBuffer(operand) ? `b${operand}` : operand.item())).join(", ")}) -> ${results}`;
  const { module, call } = step.routine;
  return `kernel ${module.name}.${call.function}(${step.operands.map((buffer) => `b${buffer}`).join(", ")}) -> ${results}`;
};

/** How often the bodies of a loop run, where the cost of the step does not say. */
const showRounds = (step: ProgramStep): string => {
  if (step.kind !== "control") return "";
  if (step.control.kind === "scan") return `, in ${step.control.length} rounds`;
  return step.control.kind === "while" ? " a round" : " at most";
};

/** Among how many threads the step is divided. */
const showParts = (step: ProgramStep): string => {
  const count = step.kind === "nest" ? (step.parts?.length ?? 1) : step.kind === "kernel" ? step.calls.length : 1;
  return count === 1 ? "" : `, in ${count} parts`;
};

const showStep = (step: ProgramStep, { buffers }: Program): string => {
  const cost = `${showCost(costOfStep(step, buffers))}${showRounds(step)}${showParts(step)}`;
  if (step.kind !== "nest") return `${showCall(step)}: ${cost}\n${showScopes([step.equation.scope])}${showInner(step)}`;
  return `${showNest(step.nest).replace("\n", `: ${cost}\n`)}${showScopes(step.scopes)}`;
};

const showProgram = (program: Program): string => {
  const steps = program.steps.map((step) => showStep(step, program)).join("");
  const outputs = program.outputs.map(showOperand).join(", ");
  const total = showIntensity(costOf(program));
  return `${steps}outputs ${outputs}\ntotal ${total}\nframe of ${program.plan.bytes} bytes\n${showBuffers(program)}`;
};

const showBlocks = ({ blocks }: Program): string =>
  blocks === null ? "" : `run in blocks of ${blockLength} elements, in a frame of ${blocks.program.plan.bytes} bytes\n`;

/**
 * What a jaxpr without constants is compiled to.
 * @param threads  how many may share a step
 */
export const explain = (jaxpr: Jaxpr, threads = 1): string => {
  const program = buildProgram(jaxpr, true, threads);
  return `${showPasses(jaxpr)}${showProgram(program)}${showBlocks(program)}`;
};
