/** Versions of the installed libraries we compare with. */
import { readFileSync } from "node:fs";

export const installedVersion = (name: string): string =>
  (
    JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")) as {
      version: string;
    }
  ).version;
