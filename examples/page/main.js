/** The MBB beam, optimized while one looks on: by a variable per element, or by the weights of a sine network. */
import * as nn from "cotangent/nn";
import * as optim from "cotangent/optim";
import { constraint, neural, objectives, optimizeAsync, pixels, problems } from "cotangent/topopt";

const [form, status, canvas, numbers, line] = ["form", "[role=status]", "canvas", "output", "polyline"].map(
  (selector) => document.querySelector(selector),
);
const { choice, start, stop, resume } = form.elements;
const context = canvas.getContext("2d");
const problem = problems.mbb({ nelx: canvas.width, nely: canvas.height });

const choices = {
  pixels: {
    parameterization: pixels(problem, { initial: 0.4 }),
    constraints: { volume: constraint(objectives.volume(), "<=", 0.4) },
    optimizer: optim.mma,
  },
  siren: {
    parameterization: neural(problem, nn.siren({ width: 32, depth: 3, omega: 20 }), { volumeFraction: 0.4 }),
    optimizer: optim.adam(3e-3),
  },
};

/** Row 0 of a density is the top edge, as that of an image: it becomes the opacity of one colour. */
const draw = (density) => {
  const image = context.createImageData(canvas.width, canvas.height);
  density.toTypedArray().forEach((value, element) => (image.data[4 * element + 3] = 255 * value));
  context.putImageData(image, 0, 0);
};

let state; // where a run has ended, to go on from
let values; // of the objective, at every iteration

const show = ({ iteration, objective, volume }, moment) => {
  draw(moment.state.last.density);
  numbers.value = `iteration ${iteration}, compliance ${objective.toFixed(2)}, volume ${volume.toFixed(4)}`;
  values.push(Math.log(objective));
  const [top, bottom] = [Math.max(...values), Math.min(...values)];
  line.setAttribute("points", values.map((y, k) => [k / values.length, (top - y) / (top - bottom || 1)]).join(" "));
};

const setRunning = (isRunning) => {
  for (const control of [choice, start, resume]) control.disabled = isRunning;
  stop.disabled = !isRunning;
  status.textContent = isRunning ? "running" : "stopped";
};

const run = async (from) => {
  const controller = new AbortController();
  stop.onclick = () => controller.abort();
  setRunning(true);
  ({ state } = await optimizeAsync({
    problem,
    ...choices[choice.value],
    certificate: false, // of the gradients, which takes the time of some twenty iterations
    stop: { iterations: (from?.iteration ?? 0) + 200 },
    callbacks: [show],
    signal: controller.signal,
    from,
  }).finally(() => setRunning(false)));
};

start.onclick = () => {
  values = [];
  return run();
};
resume.onclick = () => run(state);
choice.onchange = () => (resume.disabled = true);
