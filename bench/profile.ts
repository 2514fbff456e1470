/** `npm run bench -- --profile`: where the time of an optimization iteration goes, and what it allocates. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { settingOf } from "./jobs/setting.ts";
import type { Profile } from "./contestants/profile-process.ts";
import { markdown } from "./table.ts";

const sizes = [
  { ...settingOf(96, 64), count: 40 },
  { ...settingOf(300, 100), count: 20 },
] as const;

const script = fileURLToPath(new URL("./contestants/profile-process.ts", import.meta.url));

const profileOf = ({ nelx, nely, volumeFraction, filterRadius, penal, count }: (typeof sizes)[number]): Profile => {
  const setting = [nelx, nely, volumeFraction, filterRadius, penal, count].map(String);
  const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, "--expose-gc", script, ...setting], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`no profile of ${nelx}x${nely}`);
  return JSON.parse(stdout) as Profile;
};

const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;

/** A table of parts by sizes, and the allocations in words. */
export const profiles = (): string => {
  const all = sizes.map(profileOf);
  const cell = (milliseconds: number): string => milliseconds.toPrecision(3);
  const titles = sizes.map(({ nelx, nely, filterRadius }) => `${nelx}x${nely}, radius ${filterRadius}`);
  const table = markdown(
    ["ms per iteration, medians", ...titles],
    [
      ...all[0]!.parts.map(({ name }, k) => [name, ...all.map(({ parts }) => cell(parts[k]!.milliseconds))]),
      ["all of it, part by part", ...all.map(({ total }) => cell(total))],
      ["minimizeCompliance, as one program", ...all.map(({ whole }) => cell(whole))],
    ],
    1,
  );
  const allocations = all.map(
    ({ allocated, kept }, k) =>
      `${titles[k]}: an iteration of minimizeCompliance allocates ${kibibytes(allocated[0])} early in the run, ${kibibytes(allocated[1])} late in it; after a collection ${kibibytes(kept)} more are held per iteration.`,
  );
  return [table, "", ...allocations].join("\n");
};
