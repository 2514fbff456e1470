/**
 * Runs scripts/browser/program.mjs from the built package in Node and in a headless Chromium, and compares the bits:
 * on a page that is cross-origin isolated, where two threads run; on one that is not, where one has to do; and under a
 * content security policy that allows WebAssembly but no code from text, or neither. Then it uses examples/page as a visitor does.
 * `node scripts/check-browser.mjs [PATH OF THE BROWSER]`; without one it looks for chromium on the PATH.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.mjs";
import { importMap, isolation, serve } from "./serve.mjs";

const browser = process.argv[2] ?? "chromium";

run("npm", ["run", "--silent", "build"]);
/** All but cotangent/testing/properties, which needs fast-check. */
const doors = Object.keys(importMap.imports).filter((name) => /^cotangent(?!\/testing\/properties)/u.test(name));
const { run: compute } = await import("./browser/program.mjs");
const expected = await compute(doors);
if (expected["two threads"] === "no threads") throw new Error("Node itself has no threads here");
if (expected["why a run ends that a timer aborts"] !== "aborted")
  throw new Error("timers do not end runs in Node itself");

const policy = {
  "Content-Security-Policy": "default-src 'self'; script-src 'self' 'nonce-page' 'wasm-unsafe-eval'; worker-src blob:",
};
const forbidding = { "Content-Security-Policy": policy["Content-Security-Policy"].replace(" 'wasm-unsafe-eval'", "") };
const sameAsNode = (title) => expected[title];
const withoutThreads = (title) => (title === "two threads" ? "no threads" : expected[title]);
const pages = {
  isolated: { module: "program", headers: isolation, wanted: sameAsNode },
  plain: { module: "program", headers: {}, wanted: withoutThreads },
  strict: { module: "program", headers: { ...isolation, ...policy }, wanted: sameAsNode },
  // Without a word of WebAssembly in the policy it is forbidden to compile any.
  forbidden: { module: "program", headers: { ...isolation, ...forbidding }, wanted: withoutThreads },
  example: { module: "visit-example", headers: isolation, wanted: () => true },
};

/** A page that runs a module of scripts/browser and sends what it returns. */
const pageOf = (module) => `<!doctype html><meta charset="utf-8"><title>cotangent</title>
<script type="importmap" nonce="page">${JSON.stringify(importMap)}</script>
<script type="module" nonce="page">
const send = (result) => fetch("/result" + location.search, { method: "POST", body: JSON.stringify(result) });
try {
  const { run } = await import("/scripts/browser/${module}.mjs");
  await send({ isolated: crossOriginIsolated, results: await run(${JSON.stringify(doors)}) });
} catch (error) {
  await send({ error: String(error?.stack ?? error) });
}
</script>`;

const arrived = new Map();

const receive = (name, request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    arrived.get(name)(JSON.parse(Buffer.concat(parts).toString()));
    response.end();
  });
};

const server = await serve(0, (request, response) => {
  const { pathname, search } = new URL(request.url, "http://localhost");
  const name = search.slice(1);
  if (pathname === "/result") receive(name, request, response);
  else if (pathname === "/" && name in pages)
    response.writeHead(200, { "Content-Type": "text/html", ...pages[name].headers }).end(pageOf(pages[name].module));
  else return false;
  return true;
});

/** What the page of this name sends; an error after a minute. */
const visit = async (name) => {
  const profile = mkdtempSync(join(tmpdir(), "cotangent-browser-"));
  const address = `http://127.0.0.1:${server.address().port}/?${name}`;
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(browser, [...flags, address], { stdio: "ignore", detached: true });
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      arrived.set(name, resolve);
      child.on("error", reject);
      timer = setTimeout(() => reject(new Error(`the page "${name}" sent nothing within a minute`)), 60_000);
    });
  } finally {
    clearTimeout(timer);
    // The browser's own children write to the profile, too.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  }
};

const failures = [];
for (const [name, { wanted }] of Object.entries(pages)) {
  const { error, isolated, results } = await visit(name);
  if (error !== undefined) {
    failures.push(`${name}: ${error}`);
    continue;
  }
  console.log(`${name}: ${Object.keys(results).length} results, cross-origin isolated: ${isolated}`);
  for (const [title, result] of Object.entries(results))
    if (result !== wanted(title)) failures.push(`${name}: ${title}: ${result}, wanted ${wanted(title)}`);
}
server.close();
for (const failure of failures) console.error(failure);
process.exit(failures.length === 0 ? 0 : 1);
