// Rules of the house that a machine can check and the linter does not.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
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
  if (source && !generated) {
    const lines = text.split("\n").length;
    if (lines > 600) say(`${lines} lines: it probably holds two ideas`);
    if (/throw new Error\(/.test(text) && !name.includes("/test/")) say("throws a plain Error; use ComError");
    if (/^export \* /m.test(text)) say("export *: a public face is a list of names");
    if (/@ts-(ignore|expect-error)/.test(text) && !name.includes("/test/")) say("switches the compiler off");
    for (const match of text.matchAll(/from "\.\.\/([a-z0-9]+)\/(?!index\.ts")([^"]+)"/g)) {
      const layer = name.split("/")[1];
      const inTest = name.includes("/test/");
      if (!inTest && match[1] !== layer && isLayer(match[1]) && !/^(gen\/|codegen\/)/.test(match[2])) {
        say(`reaches into ${match[1]}/${match[2]} past its public face`);
      }
    }
  }
  if (/\.(only|todo)\(/.test(text) && name.includes("/test/")) say("a test is switched off");
}
function isLayer(word) {
  return [
    "base",
    "asn1",
    "store",
    "ndr",
    "auth",
    "rpc",
    "com",
    "automation",
    "dcom",
    "idl",
    "decode",
    "runtime",
    "cli",
  ].includes(word);
}
if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exit(1);
}
