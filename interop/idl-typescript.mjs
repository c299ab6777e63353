// TypeScript from IDL that others wrote: it compiles under the strictest settings, comes out the same again, and every method of it has codecs in both
// NDR forms that give back what they took. `node interop/idl-typescript.mjs FOLDER...`; Debian's libwine-dev by default.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { ByteReader, ByteWriter, ComError } from "../dist/base/index.js";
import { Compiler, formatDiagnostic } from "../dist/idl/index.js";
import { methodCodec, ndr20, ndr64, plainContext } from "../dist/ndr/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = process.argv.length > 2 ? process.argv.slice(2) : ["/usr/include/wine/wine/windows"];
const zeros = new Uint8Array(1 << 16);
let failures = 0;
for (const folder of folders) await check(folder);
process.exitCode = failures === 0 ? 0 : 1;

async function check(folder) {
  const work = mkdtempSync(join(tmpdir(), "comity-idl-"));
  try {
    const printed = print(folder, join(work, "src"));
    const wrong = typeCheck(work);
    const tally = { interfaces: 0, methods: 0, codecs: 0, refusedZeros: 0 };
    for (const file of filesBelow(join(work, "out"), /\.js$/)) await codecsOf(file, tally);
    console.log(
      `${basename(folder)}: ${printed} files print TypeScript, ${wrong} of its lines tsc refuses; ${tally.methods} methods of ` +
        `${tally.interfaces} interfaces have ${tally.codecs} codecs that give back what they took (${tally.refusedZeros} refuse zeros)`,
    );
    failures += wrong;
    if (tally.methods === 0) failures++;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Prints every file that compiles, twice; the number of them. */
function print(folder, target) {
  const files = filesBelow(folder, /\.(?:idl|odl)$/i);
  const options = { includePath: [...new Set(files.map((file) => dirname(file)))] };
  const [first, second] = [new Compiler(options), new Compiler(options)];
  let printed = 0;
  for (const file of files) {
    const result = first.compile(file);
    const text = result.typescript();
    const error = result.diagnostics.find((it) => it.severity === "error");
    if (error !== undefined) {
      console.log(`  left out: ${formatDiagnostic(error)}`);
      continue;
    }
    if (second.compile(file).typescript() !== text) fail(`${file} prints two texts`);
    const path = join(target, relative(folder, file).replace(/\.[^.]*$/, ".ts"));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    printed++;
  }
  return printed;
}

/** The number of errors of tsc. */
function typeCheck(work) {
  mkdirSync(join(work, "node_modules"));
  symlinkSync(root, join(work, "node_modules", "comity"));
  writeFileSync(join(work, "package.json"), '{ "type": "module" }\n');
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noPropertyAccessFromIndexSignature: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedDeclarations: true,
    declaration: true,
    erasableSyntaxOnly: true,
    skipLibCheck: true,
    rootDir: "src",
    outDir: "out",
  };
  writeFileSync(join(work, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
  const done = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", work], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const lines = done.stdout.split("\n").filter((line) => line.includes("error TS"));
  for (const line of lines.slice(0, 20)) console.log(`  ${line}`);
  return lines.length;
}

async function codecsOf(file, tally) {
  const module = await import(pathToFileURL(file).href).catch((error) => fail(`${file}: ${error.message}`));
  for (const it of Object.values(module ?? {})) {
    if (typeof it !== "object" || it?.iid === undefined || !Array.isArray(methodsOf(it))) continue;
    tally.interfaces++;
    for (const method of it.methods.filter((one) => !one.local)) {
      tally.methods++;
      for (const syntax of [ndr20, ndr64]) roundTrip(method, syntax, tally, `${basename(file)} ${it.name}`);
    }
  }
}

/** The methods; none of an interface that is [local] in an SDK and has a form on the wire with us. */
function methodsOf(it) {
  try {
    return it.methods;
  } catch (error) {
    if (!(error instanceof ComError)) throw error;
    console.log(`  left out: ${error.message}`);
    return undefined;
  }
}

/** Zeros decoded, encoded and decoded again. */
function roundTrip(method, syntax, tally, where) {
  const codec = methodCodec(method, syntax);
  try {
    const args = codec.decodeRequest(new ByteReader(zeros), plainContext);
    const writer = new ByteWriter();
    codec.encodeRequest(writer, args, plainContext);
    const again = codec.decodeRequest(new ByteReader(writer.finish()), plainContext);
    if (!isDeepStrictEqual(args, again)) fail(`${where}.${method.name}: another value came back`);
    const answer = new ByteWriter();
    codec.encodeResponse(answer, args, undefined, 0, plainContext);
    codec.decodeResponse(new ByteReader(answer.finish()), args, plainContext, { code: 0 });
    tally.codecs++;
  } catch (error) {
    // A union may have no arm for 0, a string wants its terminator, a range its least: that is the contract speaking.
    if (error instanceof ComError) tally.refusedZeros++;
    else fail(`${where}.${method.name}: ${error.stack}`);
  }
}

function fail(text) {
  failures++;
  console.log(`  ${text}`);
}

function filesBelow(folder, pattern) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...filesBelow(path, pattern));
    else if (entry.isFile() && pattern.test(entry.name)) found.push(path);
  }
  return found.toSorted((a, b) => (a < b ? -1 : 1));
}
