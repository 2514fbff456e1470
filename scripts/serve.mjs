/**
 * Serves this folder to browsers on this machine: pages get an import map of the built package, and the headers that isolate
 * them, without which there are no threads. `npm run page` builds, serves and prints the address of examples/page.
 * `node scripts/serve.mjs [PORT]`; without one it takes 8080, or any that is free.
 */
import { readFileSync, realpathSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./run.mjs";

const { exports: doors } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const built = Object.entries(doors).filter(([, door]) => door.default !== undefined);

/** What bundlers find in node_modules, for browsers: a page without a bundler says where every package is. */
export const importMap = {
  imports: {
    "fp-ts/lib/": "/node_modules/fp-ts/es6/",
    ...Object.fromEntries(built.map(([name, door]) => [`cotangent${name.slice(1)}`, door.default.slice(1)])),
  },
};

/** Shared memory, hence threads, is for pages that share nothing with others. */
export const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const types = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".ts": "text/plain",
};
const top = realpathSync(root);

/** The file of an address: below this folder once links are followed, and not hidden. Modules of fp-ts leave out extensions. */
const fileOf = (pathname) => {
  const path = decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
  const file = realpathSync(join(top, extname(path) === "" ? `${path}.js` : path));
  const isBelow = file.startsWith(top + sep);
  const isHidden = file.slice(top.length).includes(`${sep}.`);
  return isBelow && !isHidden && types[extname(file)] !== undefined ? file : null;
};

/** Type and content of an address, pages with the import map; null where there is none. */
const contentOf = (url) => {
  try {
    const file = fileOf(new URL(url, "http://localhost").pathname);
    if (file === null) return null;
    const type = types[extname(file)];
    const content = readFileSync(file);
    if (type !== "text/html") return { type, content };
    const map = `<script type="importmap">${JSON.stringify(importMap)}</script>`;
    return { type, content: content.toString().replace("<head>", `<head>\n${map}`) };
  } catch {
    return null;
  }
};

const respond = (request, response) => {
  const found = ["GET", "HEAD"].includes(request.method) ? contentOf(request.url) : null;
  if (found === null) return response.writeHead(404, { "Content-Type": "text/plain" }).end("not found");
  const headers = { ...isolation, "Content-Type": `${found.type}; charset=utf-8`, "Cache-Control": "no-cache" };
  return response.writeHead(200, headers).end(found.content);
};

/** A server that listens, where others cannot reach it. `own(request, response)` comes first: true where it has answered. */
export const serve = async (port = 0, own = () => false) => {
  const server = createServer((request, response) => own(request, response) || respond(request, response));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
};

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , port] = process.argv;
  const server = await (port === undefined ? serve(8080).catch(() => serve()) : serve(Number(port)));
  console.log(`http://127.0.0.1:${server.address().port}/examples/page/`);
}
