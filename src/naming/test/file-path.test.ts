import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { HResult } from "../../base/index.ts";
import {
  commonPath,
  composePaths,
  formatPath,
  isRooted,
  localPath,
  parsePath,
  relativePath,
} from "../file-path.ts";
import { withCode } from "./support.ts";

/* Paths as file monikers hold them, those of Windows and those of POSIX systems. */

const compose = (left: string, right: string): string =>
  formatPath(composePaths(parsePath(left), parsePath(right)));

test("what a path is composed to", () => {
  for (const [left, right, wanted] of [
    ["C:\\a", "b", "C:\\a\\b"],
    ["C:\\a\\", "b", "C:\\a\\b"],
    ["C:\\a\\b", "..\\c", "C:\\a\\c"],
    ["C:\\a\\b", "..\\..\\c", "C:\\c"],
    ["C:", "a", "C:\\a"],
    ["C:\\a\\b", "..", "C:\\a"],
    ["\\\\srv\\share\\a", "..\\b", "\\\\srv\\share\\b"],
    ["\\\\srv\\share", "b", "\\\\srv\\share\\b"],
    ["a\\b", "..\\..\\c", "c"],
    ["a", "..\\..\\c", "..\\c"],
    ["..\\a", "b", "..\\a\\b"],
    ["..", "..", "..\\..\\"],
    ["/home/ann/a", "../b", "/home/ann/b"],
    ["/home", "b/c", "/home/b/c"],
    ["/", "b", "/b"],
    ["", "b", "b"],
    ["a", "", "a"],
  ] as const)
    assert.equal(compose(left, right), wanted, `${left} ${right}`);
});

test("what cannot follow", () => {
  for (const [left, right] of [
    ["C:\\a", "D:\\b"],
    ["a", "\\b"],
    ["a", "/b"],
    ["a", "\\\\srv\\share"],
    ["C:\\a", "..\\..\\b"],
    ["\\\\srv\\share\\a", "..\\..\\b"],
    ["/a", "../../b"],
  ] as const)
    assert.throws(() => compose(left, right), withCode(HResult.MK_E_SYNTAX), `${left} ${right}`);
});

test("steps out of directories are counted apart from the path", () => {
  assert.deepEqual(parsePath("..\\..\\a"), { anti: 2, path: "a" });
  assert.deepEqual(parsePath("../a"), { anti: 1, path: "a" });
  assert.deepEqual(parsePath(".."), { anti: 1, path: "" });
  assert.deepEqual(parsePath("..a"), { anti: 0, path: "..a" });
  assert.equal(formatPath(parsePath("..")), "..\\");
  assert.equal(isRooted(parsePath("C:\\a")), true);
  assert.equal(isRooted(parsePath("..\\a")), false);
});

test("what two paths share, whatever their letters' case", () => {
  const shared = (a: string, b: string): readonly [string, string] => {
    const { sharing, path } = commonPath(parsePath(a), parsePath(b));
    return [sharing, formatPath(path)];
  };
  assert.deepEqual(shared("C:\\Dir\\a", "c:\\dIR\\b"), ["part", "C:\\Dir"]);
  assert.deepEqual(shared("C:\\a", "C:\\b"), ["part", "C:\\"]);
  assert.deepEqual(shared("\\\\s\\h\\x", "\\\\S\\H\\x"), ["us", "\\\\s\\h\\x"]);
  assert.deepEqual(shared("/a/b", "/a/c"), ["part", "/a"]);
  assert.equal(shared("..\\a", "a")[0], "none");
  assert.equal(shared("\\\\s\\h", "\\\\s\\g")[0], "none");
});

test("the way from one to the other leads there", () => {
  const name = fc.constantFrom("a", "b", "c", "d e");
  const root = fc.constantFrom("C:\\", "\\\\srv\\share\\", "/", "\\");
  const elements = fc.array(name, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(root, elements, elements, (start, from, to) => {
      const separator = start.includes("/") ? "/" : "\\";
      const [a, b] = [start + from.join(separator), start + to.join(separator)];
      const way = relativePath(parsePath(a), parsePath(b));
      assert.ok(way !== undefined);
      assert.equal(formatPath(composePaths(parsePath(a), way)), b);
    }),
  );
});

test("where a path leads here", { skip: process.platform === "win32" }, () => {
  const here = (path: string): string => localPath(parsePath(path));
  assert.equal(here("/a/b"), "/a/b");
  assert.equal(here("a\\b"), join(process.cwd(), "a", "b"));
  // A share is another machine's: it is not looked for from this machine's root.
  assert.equal(here("\\\\etc\\hostname"), "\\\\etc\\hostname");
});
