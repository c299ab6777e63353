import type { RegistryView } from "./registry.ts";
import { formatPath, parsePath } from "./path.ts";
import { decodeUtf16 } from "../../base/index.ts";
import { encodeAnsi, encodeRegFile } from "./reg-text.ts";
import { RegistryType, type RegistryValue } from "./value.ts";

/** Lines of hexadecimal data are broken so that they and their backslash fit into 80 columns. */
const COLUMNS = 79;

/** A key and all below it as a .reg file, to the byte as regedit prints it. */
export function printRegFile(view: RegistryView, path: string, version: 4 | 5 = 5): Uint8Array {
  const lines: string[] = [];
  printKey(view, formatPath(parsePath(path)), version, lines);
  lines.push("");
  return encodeRegFile(version, lines.join("\r\n"));
}

function printKey(view: RegistryView, path: string, version: 4 | 5, lines: string[]): void {
  lines.push(`[${path}]`);
  for (const value of view.values(path)) lines.push(printValue(value, version));
  lines.push("");
  for (const name of view.subkeys(path)) printKey(view, `${path}\\${name}`, version, lines);
}

/** One value as it stands in a .reg file. */
export function printValue(value: RegistryValue, version: 4 | 5 = 5): string {
  const name = value.name === "" ? "@=" : `"${escape(value.name)}"=`;
  const { type, data } = value;
  if (type === RegistryType.SZ) {
    const text = plainText(data);
    if (text !== undefined) return `${name}"${escape(text)}"`;
  }
  if (type === RegistryType.DWORD && data.length === 4) {
    const number = new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true);
    return `${name}dword:${number.toString(16).padStart(8, "0")}`;
  }
  const kind = type === RegistryType.BINARY ? "hex:" : `hex(${type.toString(16)}):`;
  return hexLines(`${name}${kind}`, version === 4 ? oneByte(type, data) : data);
}

/** The text of a well-formed SZ: terminated, without a NUL inside. Anything else is printed as bytes, so that nothing is lost. */
function plainText(data: Uint8Array): string | undefined {
  if (data.length === 0) return "";
  if (data.length % 2 !== 0) return undefined;
  const text = decodeUtf16(data, 0, data.length / 2);
  return text.indexOf("\0") === text.length - 1 ? text.slice(0, -1) : undefined;
}

function escape(text: string): string {
  return text.replaceAll(/[\\"]/g, "\\$&");
}

function oneByte(type: number, data: Uint8Array): Uint8Array {
  const isText =
    type === RegistryType.SZ || type === RegistryType.EXPAND_SZ || type === RegistryType.MULTI_SZ;
  return isText && data.length % 2 === 0 ? encodeAnsi(decodeUtf16(data, 0, data.length / 2)) : data;
}

function hexLines(head: string, data: Uint8Array): string {
  const lines: string[] = [];
  let line = head;
  for (const [index, byte] of data.entries()) {
    const comma = index === data.length - 1 ? "" : ",";
    // The last byte, which has no comma, keeps the comma's place.
    if (line.length + 3 > COLUMNS && index > 0) {
      lines.push(`${line}\\`);
      line = "  ";
    }
    line += byte.toString(16).padStart(2, "0") + comma;
  }
  return [...lines, line].join("\r\n");
}
