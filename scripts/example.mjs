/** `npm run example -- NAME [arguments]` runs examples/NAME.ts from the sources; without a name it lists the examples. */
import { existsSync, readdirSync } from "node:fs";
import { root, runSource } from "./run.mjs";

const names = readdirSync(`${root}examples`)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));
const [name, ...parameters] = process.argv.slice(2);

if (name !== undefined && existsSync(`${root}examples/${name}.ts`)) runSource(`examples/${name}.ts`, parameters);
else {
  console.log(`Examples:\n${names.map((known) => `  npm run example -- ${known}`).join("\n")}`);
  if (name !== undefined) {
    console.error(`There is no example "${name}".`);
    process.exit(2);
  }
}
