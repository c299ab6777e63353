// Rules of the house that a machine can check and the linter does not.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter(
    (name) =>
      /\.(ts|mjs|md|json|sh|idl)$/.test(name) &&
      name !== "package-lock.json" &&
      name !== "tools/house-rules.mjs",
  );
const complaints = [];
/** The layers whose names each layer takes. */
const uses = new Map();
const layers = new Set(readdirSync(`${root}src`));
for (const name of files) {
  let text;
  try {
    text = readFileSync(`${root}${name}`, "utf8");
  } catch {
    continue; // deleted in the work tree
  }
  const say = (what) => complaints.push(`${name}: ${what}`);
  const source = name.startsWith("src/") && name.endsWith(".ts");
  const generated = name.includes("/gen/");
  const layer = name.split("/")[1];
  if (source) {
    for (const match of text.matchAll(/from "(?:\.\.\/)+([a-z0-9]+)\/(?:index\.ts|gen\/|codegen\/)/g)) {
      if (!uses.has(layer)) uses.set(layer, new Set());
      uses.get(layer).add(match[1]);
    }
  }
  if (source && !generated) {
    const lines = text.split("\n").length;
    if (lines > 600) say(`${lines} lines: it probably holds two ideas`);
    if (/throw new Error\(/.test(text) && !name.includes("/test/")) say("throws a plain Error; use ComError");
    if (/^export \* /m.test(text)) say("export *: a public face is a list of names");
    if (/@ts-(ignore|expect-error)/.test(text) && !name.includes("/test/")) say("switches the compiler off");
    for (const match of text.matchAll(/from "(?:\.\.\/)+([a-z0-9]+)\/(?!index\.ts")([^"]+)"/g)) {
      const inTest = name.includes("/test/");
      if (!inTest && match[1] !== layer && isLayer(match[1]) && !/^(gen\/|codegen\/)/.test(match[2])) {
        say(`reaches into ${match[1]}/${match[2]} past its public face`);
      }
    }
  }
  if (/\.(only|todo)\(/.test(text) && name.includes("/test/")) say("a test is switched off");
}
for (const [layer, used] of uses) {
  const config = `src/${layer}/tsconfig.json`;
  if (!files.includes(config)) continue;
  for (const [, other] of readFileSync(`${root}${config}`, "utf8").matchAll(/"path": "\.\.\/([a-z0-9]+)"/g)) {
    if (!used.has(other)) complaints.push(`${config}: refers to ${other}, which the layer does not use`);
  }
}
function isLayer(word) {
  return layers.has(word);
}
if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exit(1);
}
