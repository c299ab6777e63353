import { ComError, HResult, tryParseGuid } from "../base/index.ts";
import type { IMoniker } from "../com/gen/objidl.ts";
import { FileMoniker } from "./file-moniker.ts";
import { loadFromBytes } from "./loading.ts";
import type { Naming } from "./naming.ts";
import { NewMoniker } from "./new-moniker.ts";
import { ObjrefMoniker } from "./objref-moniker.ts";
import { PrefixMoniker, QueueMoniker, prefixes } from "./prefix-monikers.ts";
import { UrlMoniker } from "./url-moniker.ts";

/** What a beginning of a name stands for, and how long it is. */
interface SystemName {
  readonly moniker: IMoniker;
  readonly eaten: number;
}

type Parser = (naming: Naming, name: string, colon: number) => SystemName | undefined;

/** The beginnings that are the system's own, before any ProgID of the registry. */
const parsers: Readonly<Record<string, Parser>> = {
  new: parseNew,
  objref: parseObjref,
  queue: parseQueue,
  file: parseFile,
  http: parseUrl,
  https: parseUrl,
  ftp: parseUrl,
  session: parsePrefix,
  elevation: parsePrefix,
  partition: parsePrefix,
  soap: parsePrefix,
};

/** The moniker of a name that begins with a word of the system's; undefined for another. Throws MK_E_SYNTAX when the rest makes no sense. */
export function parseSystemName(naming: Naming, name: string): SystemName | undefined {
  const colon = name.indexOf(":");
  const word = colon < 0 ? "" : name.slice(0, colon).toLowerCase();
  const parser = Object.hasOwn(parsers, word) ? parsers[word] : undefined;
  return parser?.(naming, name, colon);
}

/** `new:{CLSID}`, `new:ProgID`. */
function parseNew(naming: Naming, name: string, colon: number): SystemName {
  const text = /^[^:/!]*/.exec(name.slice(colon + 1))?.[0] ?? "";
  const clsid = tryParseGuid(text) ?? naming.runtime.classes.clsidFromProgId(text);
  if (clsid === undefined)
    throw new ComError(
      HResult.MK_E_SYNTAX,
      `"${text.slice(0, 80)}" is neither a CLSID nor a ProgID of this machine`,
    );
  return { moniker: naming.pointer(new NewMoniker(naming, clsid)), eaten: colon + 1 + text.length };
}

/** `objref:BASE64:`. */
function parseObjref(naming: Naming, name: string, colon: number): SystemName {
  const match = /^([A-Za-z\d+/]+={0,2}):?/.exec(name.slice(colon + 1));
  if (match === null) throw new ComError(HResult.MK_E_SYNTAX, "an object reference is written in base64");
  const moniker = new ObjrefMoniker(naming, undefined);
  loadFromBytes(new Uint8Array(Buffer.from(match[1] ?? "", "base64")), moniker.restore(0));
  return { moniker: naming.pointer(moniker), eaten: colon + 1 + match[0].length };
}

/** `queue:Key=Value,…/`: up to the slash in front of `new:`, or the end. */
function parseQueue(naming: Naming, name: string, colon: number): SystemName {
  const text = name.slice(colon + 1);
  const end = text.search(/\/(?:new|clsid|partition):/i);
  const parameters = (end < 0 ? text : text.slice(0, end)).replace(/\/$/, "");
  checkQueue(parameters);
  const eaten = end < 0 ? name.length : colon + 1 + end + 1;
  return { moniker: naming.pointer(new QueueMoniker(naming, parameters)), eaten };
}

/** The keys a queue moniker knows. */
const queueKeys: ReadonlySet<string> = new Set(
  "ComputerName QueueName PathName FormatName AppSpecific AuthLevel Delivery EncryptAlgorithm HashAlgorithm Journal Label MaxTimeToReachQueue MaxTimeToReceive Priority PrivLevel Trace"
    .toLowerCase()
    .split(" "),
);

function checkQueue(parameters: string): void {
  if (parameters === "") return;
  for (const pair of parameters.split(",")) {
    const key = pair.split("=")[0]?.trim().toLowerCase() ?? "";
    if (pair.includes("=") && queueKeys.has(key)) continue;
    throw new ComError(HResult.MK_E_SYNTAX, `"${pair.slice(0, 80)}" is no parameter of a queue`);
  }
}

/** `file:path`, `file:///path`. */
function parseFile(naming: Naming, name: string, colon: number): SystemName {
  const text = name.slice(colon + 1);
  const path = text.startsWith("///") ? text.slice(process.platform === "win32" ? 3 : 2) : text;
  return { moniker: naming.pointer(new FileMoniker(naming, path)), eaten: name.length };
}

function parseUrl(naming: Naming, name: string, colon: number): SystemName | undefined {
  if (!name.startsWith("//", colon + 1)) return undefined;
  return { moniker: naming.pointer(new UrlMoniker(naming, name)), eaten: name.length };
}

/** `Session:1!…`, `Elevation:Administrator!…`, `partition:{GUID}/…`, `soap:wsdl=…`. */
function parsePrefix(naming: Naming, name: string, colon: number): SystemName | undefined {
  const word = name.slice(0, colon).toLowerCase();
  const prefix = prefixes[word];
  if (prefix === undefined) return undefined;
  const { end: ending, form } = prefix;
  const end = ending === "" ? -1 : name.indexOf(ending, colon + 1);
  const text = end < 0 ? name.slice(colon + 1) : name.slice(colon + 1, end);
  if (!form.test(text))
    throw new ComError(HResult.MK_E_SYNTAX, `"${text.slice(0, 80)}" says nothing behind ${word}:`);
  const moniker = naming.pointer(new PrefixMoniker(naming, word, prefix, text));
  return { moniker, eaten: end < 0 ? name.length : end + ending.length };
}
