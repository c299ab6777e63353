import { type Guid, HResult, ComError, formatGuid } from "../../base/index.ts";
import { classKey, followTreatAs, guidAt } from "./class-keys.ts";
import type { RegistryEditor } from "./registry.ts";

/*
 * One class in another's place, and the versions of a class side by side: what an update changes without its clients noticing.
 */

/**
 * Has `replacement` serve whoever asks for `clsid` (CoTreatAsClass): new activations get the new class, objects that live stay as they are. Without a
 * replacement, or with the class itself, the old class serves again, unless its AutoTreatAs names another. Throws REGDB_E_CLASSNOTREG for a class that
 * is not registered, REGDB_E_WRITEREGDB for a circle.
 */
export function treatAsClass(editor: RegistryEditor, clsid: Guid, replacement?: Guid): void {
  const key = classKey(clsid);
  if (!editor.exists(key))
    throw new ComError(HResult.REGDB_E_CLASSNOTREG, `class ${formatGuid(clsid)} is not registered`);
  const next =
    replacement === undefined || replacement === clsid ? guidAt(editor, `${key}\\AutoTreatAs`) : replacement;
  if (next === undefined || next === clsid) {
    editor.deleteTree(`${key}\\TreatAs`);
    return;
  }
  const before = editor.text(`${key}\\TreatAs`);
  editor.set(`${key}\\TreatAs`, "", formatGuid(next));
  if (followTreatAs(editor, clsid) !== undefined) return;
  if (before === undefined) editor.deleteTree(`${key}\\TreatAs`);
  else editor.set(`${key}\\TreatAs`, "", before);
  throw new ComError(
    HResult.REGDB_E_WRITEREGDB,
    `class ${formatGuid(next)} is itself treated as ${formatGuid(clsid)}`,
  );
}

/** The class that takes this one's place for good: what `treatAsClass` goes back to (AutoTreatAs). Without `replacement`, none. */
export function setAutoTreatAs(editor: RegistryEditor, clsid: Guid, replacement: Guid | undefined): void {
  const key = `${classKey(clsid)}\\AutoTreatAs`;
  if (replacement === undefined) editor.deleteTree(key);
  else editor.set(key, "", formatGuid(replacement));
}

/** The highest version of a version-independent ProgID that is registered below `root`: `Foo.Bar.3` before `Foo.Bar.2`. */
export function latestVersion(
  editor: RegistryEditor,
  root: string,
  independent: string,
): { readonly progId: string; readonly clsid: string } | undefined {
  let latest: { readonly progId: string; readonly clsid: string; readonly version: number } | undefined;
  const prefix = `${independent}.`.toLowerCase();
  for (const name of editor.subkeys(root)) {
    if (!name.toLowerCase().startsWith(prefix)) continue;
    const digits = /^\d{1,9}$/.exec(name.slice(prefix.length))?.[0];
    const clsid = digits === undefined ? undefined : editor.text(`${root}\\${name}\\CLSID`);
    if (clsid !== undefined && Number(digits) > (latest?.version ?? -1))
      latest = { progId: name, clsid, version: Number(digits) };
  }
  return latest;
}
