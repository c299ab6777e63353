import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Guid, HResult, formatGuid } from "../../base/index.ts";
import type { RegistryEditor } from "../../com/index.ts";
import {
  UserClassType,
  createMemoryLockBytes,
  createStorageOnLockBytes,
  getConvertStg,
  oleDoAutoConvert,
  oleGetAutoConvert,
  oleRegEnumFormatEtc,
  oleRegEnumVerbs,
  oleRegGetMiscStatus,
  oleRegGetUserType,
  oleSetAutoConvert,
  readClassStg,
  readFmtUserTypeStg,
  writeClassStg,
  writeFmtUserTypeStg,
} from "../index.ts";
import { status } from "./support.ts";

const drawing = "11111111-0000-0000-0000-000000000001" as Guid;
const picture = "11111111-0000-0000-0000-000000000002" as Guid;
const key = (clsid: Guid, below = ""): string => `HKCR\\CLSID\\${formatGuid(clsid)}${below}`;

/** As much of a registry as is asked for here. */
function registryOf(texts: Record<string, string>): RegistryEditor {
  const values = new Map(Object.entries(texts));
  const registry: Partial<RegistryEditor> = {
    exists: (path) => [...values.keys()].some((name) => name === path || name.startsWith(`${path}\\`)),
    text: (path) => values.get(path),
    subkeys: (path) => {
      const names = [...values.keys()].filter((name) => name.startsWith(`${path}\\`));
      return [...new Set(names.map((name) => name.slice(path.length + 1).split("\\")[0] ?? ""))];
    },
    set: (path, _name, data) => void values.set(path, String(data)),
    deleteTree: (path) => values.delete(path),
  };
  return registry as RegistryEditor;
}

suite("what is registered of a class for documents", () => {
  const registry = registryOf({
    [key(drawing)]: "Example Drawing",
    [key(drawing, "\\AuxUserType\\2")]: "Drawing",
    [key(drawing, "\\MiscStatus")]: "17",
    [key(drawing, "\\MiscStatus\\4")]: "1",
    [key(drawing, "\\Verb\\0")]: "&Edit,0,2",
    [key(drawing, "\\Verb\\-1")]: "Play",
    [key(drawing, "\\Verb\\nonsense")]: "x",
    [key(drawing, "\\DataFormats\\GetSet\\0")]: "14,1,64,1",
    [key(drawing, "\\DataFormats\\GetSet\\1")]: "Embed Source,-1,8,3",
    [key(picture)]: "Example Picture",
  });
  const unknown = status(HResult.REGDB_E_CLASSNOTREG);

  test("names, bits and verbs", () => {
    assert.equal(oleRegGetUserType(registry, drawing), "Example Drawing");
    assert.equal(oleRegGetUserType(registry, drawing, UserClassType.SHORT), "Drawing");
    assert.equal(oleRegGetUserType(registry, drawing, UserClassType.APPNAME), "Example Drawing");
    assert.equal(oleRegGetMiscStatus(registry, drawing, 1), 17);
    assert.equal(oleRegGetMiscStatus(registry, drawing, 4), 1);
    assert.equal(oleRegGetMiscStatus(registry, picture, 1), 0);
    using verbs = oleRegEnumVerbs(registry, drawing);
    assert.deepEqual((verbs.Next(2) as { rgelt: unknown }).rgelt, [
      { lVerb: 0, lpszVerbName: "&Edit", fuFlags: 0, grfAttribs: 2 },
      { lVerb: -1, lpszVerbName: "Play", fuFlags: 0, grfAttribs: 0 },
    ]);
    assert.throws(() => oleRegEnumVerbs(registry, picture), status(0x80040180));
    const nobody = "11111111-0000-0000-0000-000000000003" as Guid;
    assert.throws(() => oleRegGetUserType(registry, nobody), unknown);
    assert.throws(() => oleRegEnumVerbs(registry, nobody), unknown);
  });

  test("formats, by direction", () => {
    const formats = (direction: number): unknown[] =>
      oleRegEnumFormatEtc(registry, drawing, direction).items.map(({ cfFormat, dwAspect, tymed }) => [
        cfFormat,
        dwAspect,
        tymed,
      ]);
    assert.deepEqual(formats(1), [
      [14, 1, 64],
      ["Embed Source", 0xffffffff, 8],
    ]);
    assert.deepEqual(formats(2), [["Embed Source", 0xffffffff, 8]]);
    assert.equal(oleRegEnumFormatEtc(registry, picture, 1).items.length, 0);
  });

  test("objects that become those of another class", async () => {
    using bytes = createMemoryLockBytes();
    using storage = await createStorageOnLockBytes(bytes);
    await writeClassStg(storage, drawing);
    await writeFmtUserTypeStg(storage, "Embed Source", "Example Drawing");
    assert.equal(await oleDoAutoConvert(registry, storage), drawing);
    assert.equal(await getConvertStg(storage), false);
    oleSetAutoConvert(registry, drawing, picture);
    assert.equal(oleGetAutoConvert(registry, drawing), picture);
    assert.equal(await oleDoAutoConvert(registry, storage), picture);
    assert.equal(await readClassStg(storage), picture);
    assert.equal(await getConvertStg(storage), true);
    const { format, userType } = await readFmtUserTypeStg(storage);
    assert.deepEqual([format, userType], ["Embed Source", "Example Picture"]);
    oleSetAutoConvert(registry, drawing, undefined);
    assert.equal(oleGetAutoConvert(registry, drawing), undefined);
  });
});
