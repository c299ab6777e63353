import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { readPage, root, tableRows } from "./support/markdown.ts";

interface Manifest {
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

test("docs/dependencies.md lists every dependency of every workspace with its version, and no other", () => {
  const documented = tableRows(readPage("docs/dependencies.md").text).map(([where, name, version]) =>
    [where, name, version].join(" "),
  );
  const { workspaces = [], dependencies, devDependencies } = manifest("package.json");
  const found = [...entries("package", dependencies), ...entries("development", devDependencies)];
  for (const folder of workspaces.flatMap((pattern) => foldersOf(pattern))) {
    const other = manifest(`${folder}/package.json`);
    found.push(...entries(folder, other.dependencies), ...entries(folder, other.devDependencies));
  }
  assert.deepEqual(documented.toSorted(), found.toSorted());
});

test("every version is exact", () => {
  for (const { dependencies, devDependencies } of [
    manifest("package.json"),
    manifest("bench/package.json"),
  ]) {
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      assert.match(version, /^(\d+\.\d+\.\d+|file:.*)$/);
    }
  }
});

function manifest(path: string): Manifest {
  return JSON.parse(readFileSync(`${root}${path}`, "utf8")) as Manifest;
}

/** All but our own packages. */
function entries(where: string, list: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(list)
    .filter(([name]) => name !== "comity" && !name.startsWith("@comity/"))
    .map(([name, version]) => `${where} ${name} ${version}`);
}

/** `bench`, or `examples/*`. */
function foldersOf(pattern: string): readonly string[] {
  if (!pattern.endsWith("/*")) return [pattern];
  const parent = pattern.slice(0, -2);
  return readdirSync(`${root}${parent}`)
    .map((name) => `${parent}/${name}`)
    .filter((folder) => existsSync(`${root}${folder}/package.json`));
}
