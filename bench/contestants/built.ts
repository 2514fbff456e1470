/** The library as users have it: compiled to dist by `npm run bench`. The sources would bring the additions of their loader along. */
import { readFileSync } from "node:fs";

/** A module of dist; its type is that of the source. */
export const built = async <Module>(file: string): Promise<Module> =>
  (await import(new URL(`../../dist/${file}`, import.meta.url).href)) as Module;

export const ownVersion = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;
