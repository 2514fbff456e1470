/** `npm run docs:numpy`: writes the table of names, docs/numpy.md, by trying every function. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { numpyTable } from "../test/docs/numpy-table.ts";
import { root } from "./run.mjs";

writeFileSync(join(root, "docs/numpy.md"), numpyTable());
