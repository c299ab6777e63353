import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { suite, test } from "node:test";
import { type Page, allPages, codeSpans, proseOf, readPage, root } from "./support/markdown.ts";

const layers = readdirSync(`${root}src`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

suite("what the pages point to exists", () => {
  for (const page of allPages()) {
    test(page.path, () => {
      assert.deepEqual([...brokenLinks(page), ...missingFiles(page)], []);
    });
  }

  test("docs/architecture.md mentions every layer, docs/README.md every page", () => {
    const { text } = readPage("docs/architecture.md");
    assert.deepEqual(
      layers.filter((layer) => !text.includes(`src/${layer}`)),
      [],
    );
    const index = readPage("docs/README.md").text;
    const pages = allPages().filter(
      (page) => page.path.startsWith("docs/") && page.path !== "docs/README.md",
    );
    assert.deepEqual(
      pages.map((page) => page.path.slice("docs/".length)).filter((path) => !index.includes(`(${path})`)),
      [],
    );
  });

  test("every layer has a page", () => {
    const missing = layers.filter((layer) => !existsSync(`${root}docs/${layer}.md`));
    assert.deepEqual(missing, []);
  });
});

function brokenLinks(page: Page): string[] {
  const broken: string[] = [];
  for (const match of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
    const [target = "", anchor] = (match[1] ?? "").split("#");
    if (/^[a-z]+:/.test(target)) continue;
    const path = target === "" ? page.path : join(dirname(page.path), target);
    if (!existsSync(`${root}${path}`)) broken.push(match[1] ?? "");
    else if (anchor !== undefined && path.endsWith(".md") && !anchorsOf(path).includes(anchor)) {
      broken.push(match[1] ?? "");
    }
  }
  return broken;
}

function anchorsOf(path: string): readonly string[] {
  return [...readPage(path).text.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Names of files in `code`: from the root, or in the page of a layer the end of a path in its folder. */
function missingFiles(page: Page): string[] {
  const own = basename(page.path, ".md");
  const layer = own === "scm" ? "dcom" : own;
  const files = layers.includes(layer) ? filesBelow(`src/${layer}`) : undefined;
  return codeSpans(proseOf(page)).filter((span) => {
    if (/^(src|docs|tools|idl|interop|bench|conformance|contract|examples)\/[\w./*-]+$/.test(span)) {
      return !existsSync(`${root}${span.replace(/\*.*$/, "")}`);
    }
    if (files === undefined || !/^[\w-]+(\/[\w-]+)*\.ts$/.test(span)) return false;
    return !files.some((file) => file.endsWith(`/${span}`));
  });
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" }).map(
    (name) => `${folder}/${name.replaceAll("\\", "/")}`,
  );
}
