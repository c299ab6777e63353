import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  describeStatus,
  facilityOf,
  failed,
  formatStatus,
  hex32,
  HResult,
  hresultFromWin32,
  makeHResult,
  nameOfFacility,
  nameOfStatus,
  statusOfName,
  succeeded,
} from "../index.ts";
import { hints } from "../hints.ts";
import { sentences } from "../sentences.ts";

function table(name: string): [name: string, value: number][] {
  const text = readFileSync(new URL(`../../../tools/tables/${name}.tsv`, import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"))
    .map(([word = "", value]) => [word, Number(value)]);
}

test("every name of the tables has its value, and every value a name", () => {
  const own = new Map<number, string>(Object.entries(HResult).map(([name, code]) => [code, name]));
  for (const [file, toStatus] of [
    ["hresults", (value: number) => value],
    ["win32", (value: number) => 0x80070000 + value],
    ["ntstatus", (value: number) => value],
    ["dce", (value: number) => value],
  ] as const) {
    const rows = table(file);
    assert.ok(rows.length > 40, file);
    const first = new Map<number, string>();
    for (const [name, value] of rows) if (!first.has(value)) first.set(value, name);
    for (const [name, value] of rows) {
      const status = toStatus(value);
      const shown = nameOfStatus(status);
      assert.ok(shown, `${file}: ${name} has no name`);
      if (file !== "hresults" && shown !== first.get(value)) continue; // an HRESULT of the same number goes first
      assert.equal(shown, own.get(status) ?? first.get(value), name);
      assert.ok(describeStatus(status).length > 1, name);
    }
  }
  for (const [name, value] of table("hresults")) {
    const found = statusOfName(name);
    assert.ok(
      found === value || table("hresults").some(([other, code]) => other === name && code === found),
      name,
    );
  }
});

test("the codes in the source are those of the tables", () => {
  const known = new Map<string, number>([
    ...table("win32").map(([name, value]): [string, number] => [name, 0x80070000 + value]),
    ...table("hresults"),
  ]);
  for (const [name, code] of Object.entries(HResult)) {
    assert.equal(hex32(known.get(name) ?? -1), hex32(code), name);
  }
});

test("every sentence and hint belongs to a code, and is one sentence", () => {
  for (const [name, text] of [...Object.entries(sentences), ...Object.entries(hints)]) {
    assert.notEqual(statusOfName(name), undefined, name);
    assert.doesNotMatch(text, /^[A-Z](?!OM|VERSION|ARIANT|I[DI]|LSID|TL|PC|ocal|rog|nproc)|\.$|\s\s/, name);
  }
  for (const name of Object.keys(hints)) assert.ok(sentences[name], name);
});

test("a status is found in every form in which it arrives", () => {
  for (const [code, name] of [
    [0, "S_OK"],
    [1, "S_FALSE"],
    [5, "ERROR_ACCESS_DENIED"],
    [0x80070005, "E_ACCESSDENIED"],
    [1783, "RPC_X_BAD_STUB_DATA"],
    [0x800706f7, "RPC_X_BAD_STUB_DATA"],
    [0xc000006d, "STATUS_LOGON_FAILURE"],
    [0xd000006d, "STATUS_LOGON_FAILURE"],
    [0x1c010003, "nca_s_unk_if"],
    [0x1c00001c, "nca_invalid_pres_context_id"],
    [-2147467259, "E_FAIL"],
    [0x80040154, "REGDB_E_CLASSNOTREG"],
    [0x80010108, "RPC_E_DISCONNECTED"],
  ] as const) {
    assert.equal(nameOfStatus(code), name);
  }
  assert.equal(nameOfStatus(0x8004abcd), undefined);
  assert.equal(nameOfStatus(0x8007ffff), undefined);
});

test("the famous codes say what to look at", () => {
  for (const [code, pattern] of [
    [0x80070005, /logon.*permission.*KB5004442.*UAC/],
    [5, /logon.*permission/],
    [0x800706ba, /firewall.*135/],
    [0x80010111, /COMVERSION/],
    [0x80010110, /COMVERSION/],
    [0x80040154, /CLSID/],
    [0x80080005, /output/],
    [0x8009030c, /DOMAIN/],
    [1753, /not running/],
  ] as const) {
    assert.match(describeStatus(code), pattern);
  }
});

test("a code without a name says what can be said", () => {
  assert.match(describeStatus(0x8004abcd), /43981.*interface/);
  assert.match(describeStatus(0x80131500), /FACILITY_URT/);
  assert.match(describeStatus(0x0012abcd), /without a known name/);
  assert.match(describeStatus(54321), /54321/);
  assert.match(describeStatus(0x87fe0001), /without a known name/);
  assert.equal(formatStatus(0x8004abcd), "0x8004ABCD");
  assert.equal(formatStatus(0x80004005), "E_FAIL (0x80004005)");
});

test("severity, facility and code", () => {
  assert.ok(succeeded(0) && succeeded(1) && !succeeded(0x80004005) && !succeeded(-1));
  assert.ok(failed(0x80004005) && failed(-2147467259) && !failed(0x7fffffff));
  assert.equal(facilityOf(0x80070005), 7);
  assert.equal(nameOfFacility(7), "FACILITY_WIN32");
  assert.equal(makeHResult(4, 0x200), 0x80040200);
  assert.equal(makeHResult(4, 0x200, 0), 0x00040200);
  assert.equal(hresultFromWin32(5), 0x80070005);
  assert.equal(hresultFromWin32(0), 0);
  assert.equal(hresultFromWin32(0x80004005), 0x80004005);
  assert.equal(hex32(-1), "0xFFFFFFFF");
});
