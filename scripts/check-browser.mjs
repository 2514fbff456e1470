/**
 * Runs scripts/browser/program.mjs from the built package in Node and in a headless Chromium, and compares the bits:
 * on a page that is cross-origin isolated, where two threads run; on one that is not, where one has to do; and under a
 * content security policy that allows WebAssembly but no code from text.
 * `node scripts/check-browser.mjs [PATH OF THE BROWSER]`; without one it looks for chromium on the PATH.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { root, run } from "./run.mjs";

const browser = process.argv[2] ?? "chromium";

run("npm", ["run", "--silent", "build"]);
const { run: compute } = await import("./browser/program.mjs");
const expected = await compute();
if (expected["two threads"] === "no threads") throw new Error("Node itself has no threads here");

const { exports: doors } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const imports = {
  "fp-ts/lib/": "/node_modules/fp-ts/es6/",
  ...Object.fromEntries(
    Object.entries(doors)
      .filter(([, door]) => door.default !== undefined)
      .map(([name, door]) => [`cotangent${name.slice(1)}`, door.default.slice(1)]),
  ),
};
const page = `<!doctype html><meta charset="utf-8"><title>cotangent</title>
<script type="importmap" nonce="page">${JSON.stringify({ imports })}</script>
<script type="module" nonce="page">
const send = (result) => fetch("/result" + location.search, { method: "POST", body: JSON.stringify(result) });
try {
  const { run } = await import("/scripts/browser/program.mjs");
  await send({ isolated: crossOriginIsolated, results: await run() });
} catch (error) {
  await send({ error: String(error?.stack ?? error) });
}
</script>`;

const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const policy = {
  "Content-Security-Policy": "default-src 'self'; script-src 'self' 'nonce-page' 'wasm-unsafe-eval'; worker-src blob:",
};
const pages = {
  isolated: { headers: isolation, threads: true },
  plain: { headers: {}, threads: false },
  strict: { headers: { ...isolation, ...policy }, threads: true },
};

const types = { ".js": { "Content-Type": "text/javascript" }, ".html": { "Content-Type": "text/html" } };
const arrived = new Map();

/** The file of a module's address; the modules of fp-ts leave out extensions. */
const fileAt = (path) => {
  const file = join(root, normalize(decodeURIComponent(path)));
  return readFileSync(extname(file) === "" ? `${file}.js` : file);
};

const server = createServer((request, response) => {
  const { pathname, search } = new URL(request.url, "http://localhost");
  const name = search.slice(1);
  if (pathname === "/result") {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      arrived.get(name)(JSON.parse(Buffer.concat(parts).toString()));
      response.end();
    });
    return;
  }
  try {
    const body = pathname === "/" ? page : fileAt(pathname);
    const headers =
      pathname === "/" ? { ...types[".html"], ...pages[name].headers } : { ...types[".js"], ...isolation };
    response.writeHead(200, headers).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

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
for (const [name, { threads }] of Object.entries(pages)) {
  const { error, isolated, results } = await visit(name);
  if (error !== undefined) {
    failures.push(`${name}: ${error}`);
    continue;
  }
  console.log(`${name}: ${Object.keys(results).length} results, cross-origin isolated: ${isolated}`);
  for (const [title, bits] of Object.entries(results)) {
    const wanted = title === "two threads" && !threads ? "no threads" : expected[title];
    if (bits !== wanted) failures.push(`${name}: ${title}: ${bits}, in Node ${wanted}`);
  }
}
server.close();
for (const failure of failures) console.error(failure);
process.exit(failures.length === 0 ? 0 : 1);
