/**
 * Uses examples/page as a visitor does, in a frame of another page: chooses, presses buttons, and looks at what is shown. Since it
 * waits by timers itself, it sees nothing at all unless the page has turns while it optimizes.
 */

/** Resolves when something has become true; an error that names it after half a minute. */
const until = async (what, isTrue) => {
  for (const end = performance.now() + 30_000; !isTrue();) {
    if (performance.now() > end) throw new Error(`in vain, examples/page was watched until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const open = async () => {
  const frame = document.createElement("iframe");
  frame.src = "/examples/page/";
  frame.width = 800;
  frame.height = 700;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  return frame.contentDocument;
};

/** What a page shows, and its buttons. */
const visitorOf = (page) => {
  const [canvas, output] = [page.querySelector("canvas"), page.querySelector("output")];
  const iterations = [];
  const note = () => iterations.push(Number(/\d+/u.exec(output.textContent)[0]));
  new MutationObserver(note).observe(output, { childList: true });
  return {
    /** Every iteration that was shown, in this order. */
    iterations,
    numbers: () => output.textContent,
    press: (name) => page.getElementById(name).click(),
    isOpen: (name) => !page.getElementById(name).disabled,
    choose: (value) => {
      const choice = page.getElementById("choice");
      choice.value = value;
      choice.dispatchEvent(new Event("change"));
    },
    shades: () => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    },
  };
};

/** Presses a button, lets the run it begins have five iterations, and stops it. @returns  how many it had */
const runFrom = async ({ press, isOpen, iterations }, button) => {
  const before = iterations.length;
  press(button);
  await until(`"${button}" led to iterations`, () => iterations.length >= before + 5);
  const isOnlyStopOpen = isOpen("stop") && !isOpen("start") && !isOpen("resume");
  press("stop");
  await until(`"stop" ended what "${button}" began`, () => isOpen("start"));
  return { length: iterations.length - before, isOnlyStopOpen };
};

const countFrom = (first, length) => Array.from({ length }, (_, k) => first + k);

/** What is true of the page, by name. */
export const run = async () => {
  const visitor = visitorOf(await open());
  const { iterations, isOpen } = visitor;
  const shades = [visitor.shades()];
  const began = await runFrom(visitor, "start");
  const text = visitor.numbers();
  shades.push(visitor.shades());
  const wentOn = await runFrom(visitor, "resume");
  visitor.choose("siren");
  const isResumable = isOpen("resume");
  const another = await runFrom(visitor, "start");
  shades.push(visitor.shades());
  const wanted = [...countFrom(1, began.length + wentOn.length), ...countFrom(1, another.length)];
  return {
    "the canvas is of one colour before a run, and shows designs then":
      shades[0] === 1 && Math.min(shades[1], shades[2]) > 10,
    "the text has objective and volume": /, compliance \d+\.\d\d, volume 0\.\d{4}$/u.test(text),
    "nothing but stop can be pressed during a run": [began, wentOn, another].every((own) => own.isOnlyStopOpen),
    "stop ends runs before their last iteration": [began, wentOn, another].every(({ length }) => length < 200),
    "resume goes on where a run was stopped, start begins anew": iterations.join() === wanted.join(),
    "a run of pixels is not resumed by a network": !isResumable,
  };
};
