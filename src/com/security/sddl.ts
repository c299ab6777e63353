import { ComError, HResult } from "../../base/index.ts";
import {
  type Ace,
  AceFlag,
  AceType,
  DescriptorControl,
  type SecurityDescriptor,
} from "./security-descriptor.ts";
import { canonicalSid } from "./sid.ts";

/*
 * Security descriptors as text ([MS-DTYP] 2.5.1): O:owner G:group D:flags(entry)(entry) S:flags(entry). Conditions and entries for parts of
 * objects are not among them.
 */

const maxText = 512 * 1024;

const types: readonly (readonly [string, number])[] = [
  ["A", AceType.allow],
  ["D", AceType.deny],
  ["AU", AceType.audit],
  ["AL", AceType.alarm],
  ["ML", AceType.label],
];

const aceFlags: readonly (readonly [string, number])[] = [
  ["OI", AceFlag.objectInherit],
  ["CI", AceFlag.containerInherit],
  ["NP", AceFlag.noPropagate],
  ["IO", AceFlag.inheritOnly],
  ["ID", AceFlag.inherited],
  ["SA", AceFlag.auditSuccess],
  ["FA", AceFlag.auditFailure],
];

/** Rights of a letter pair each, and masks that have a name as a whole. */
const single: readonly (readonly [string, number])[] = [
  ["GA", 0x1000_0000],
  ["GR", 0x8000_0000],
  ["GW", 0x4000_0000],
  ["GX", 0x2000_0000],
  ["RC", 0x2_0000],
  ["SD", 0x1_0000],
  ["WD", 0x4_0000],
  ["WO", 0x8_0000],
  ["CC", 0x1],
  ["DC", 0x2],
  ["LC", 0x4],
  ["SW", 0x8],
  ["RP", 0x10],
  ["WP", 0x20],
  ["DT", 0x40],
  ["LO", 0x80],
  ["CR", 0x100],
];
const whole: readonly (readonly [string, number])[] = [
  ["FA", 0x1f_01ff],
  ["FR", 0x12_0089],
  ["FW", 0x12_0116],
  ["FX", 0x12_00a0],
  ["KA", 0xf_003f],
  ["KR", 0x2_0019],
  ["KW", 0x2_0006],
];
/** Only read: KX is the same mask as KR; NR, NW, NX are policies of mandatory labels. */
const alsoRead: readonly (readonly [string, number])[] = [
  ["KX", 0x2_0019],
  ["NR", 0x2],
  ["NW", 0x1],
  ["NX", 0x4],
];
const rights: ReadonlyMap<string, number> = new Map([...whole, ...single, ...alsoRead]);

const aliases: ReadonlyMap<string, string> = new Map([
  ["WD", "S-1-1-0"],
  ["CO", "S-1-3-0"],
  ["CG", "S-1-3-1"],
  ["OW", "S-1-3-4"],
  ["NU", "S-1-5-2"],
  ["IU", "S-1-5-4"],
  ["SU", "S-1-5-6"],
  ["AN", "S-1-5-7"],
  ["ED", "S-1-5-9"],
  ["PS", "S-1-5-10"],
  ["AU", "S-1-5-11"],
  ["RC", "S-1-5-12"],
  ["SY", "S-1-5-18"],
  ["LS", "S-1-5-19"],
  ["NS", "S-1-5-20"],
  ["BA", "S-1-5-32-544"],
  ["BU", "S-1-5-32-545"],
  ["BG", "S-1-5-32-546"],
  ["PU", "S-1-5-32-547"],
  ["AO", "S-1-5-32-548"],
  ["SO", "S-1-5-32-549"],
  ["PO", "S-1-5-32-550"],
  ["BO", "S-1-5-32-551"],
  ["RE", "S-1-5-32-552"],
  ["RU", "S-1-5-32-554"],
  ["RD", "S-1-5-32-555"],
  ["NO", "S-1-5-32-556"],
  ["MU", "S-1-5-32-558"],
  ["LU", "S-1-5-32-559"],
  ["IS", "S-1-5-32-568"],
  ["CY", "S-1-5-32-569"],
  ["ER", "S-1-5-32-573"],
  ["AC", "S-1-15-2-1"],
  ["LW", "S-1-16-4096"],
  ["ME", "S-1-16-8192"],
  ["HI", "S-1-16-12288"],
  ["SI", "S-1-16-16384"],
]);
const namesOfSids: ReadonlyMap<string, string> = new Map([...aliases].map(([name, sid]) => [sid, name]));

/** The descriptor that a text describes (ConvertStringSecurityDescriptorToSecurityDescriptor). Throws E_INVALIDARG with the place. */
export function parseSddl(text: string): SecurityDescriptor {
  if (text.length > maxText) throw refused(`${text.length} characters`);
  const parts = new Map<string, string>();
  const pattern = /([OGDS]):((?:\([^()]*\)|(?![OGDS]:)[^()])*)/gy;
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const [, name = "", body = ""] = pattern.exec(text) ?? [];
    if (name === "") throw refused(`"${text.slice(from, from + 40)}" is none of O:, G:, D:, S:`);
    if (parts.has(name)) throw refused(`${name}: stands there twice`);
    parts.set(name, body.trim());
  }
  const sid = (name: string): string | undefined => {
    const body = parts.get(name);
    return body === undefined || body === "" ? undefined : parseSidText(body);
  };
  const dacl = parseList(parts.get("D"), 0);
  const sacl = parseList(parts.get("S"), 1);
  const control = dacl.control | sacl.control;
  return { owner: sid("O"), group: sid("G"), dacl: dacl.list, sacl: sacl.list, control };
}

/** The text of a descriptor (ConvertSecurityDescriptorToStringSecurityDescriptor). Throws E_NOTIMPL for entries that have none. */
export function formatSddl(descriptor: SecurityDescriptor): string {
  const { owner, group, dacl, sacl, control } = descriptor;
  return [
    owner === undefined ? "" : `O:${sidText(owner)}`,
    group === undefined ? "" : `G:${sidText(group)}`,
    formatList("D", dacl, control),
    formatList("S", sacl, control >>> 1),
  ].join("");
}

interface List {
  readonly list: readonly Ace[] | null | undefined;
  readonly control: number;
}

/** `shift`: the control bits of the SACL stand one above those of the DACL. */
function parseList(body: string | undefined, shift: number): List {
  if (body === undefined) return { list: undefined, control: 0 };
  const end = body.indexOf("(");
  let flags = (end < 0 ? body : body.slice(0, end)).trim();
  if (flags.includes("NO_ACCESS_CONTROL")) {
    if (end >= 0) throw refused("entries beside NO_ACCESS_CONTROL");
    return { list: null, control: 0 };
  }
  let control = 0;
  while (flags !== "") {
    const found = listFlags.find(([name]) => flags.startsWith(name));
    if (found === undefined) throw refused(`"${flags.slice(0, 20)}" is no flag of a list`);
    control |= found[1] << shift;
    flags = flags.slice(found[0].length);
  }
  const entries =
    end < 0
      ? []
      : body
          .slice(end)
          .trim()
          .slice(1, -1)
          .split(/\)\s*\(/);
  return { list: entries.map(parseAce), control };
}

const listFlags: readonly (readonly [string, number])[] = [
  ["P", DescriptorControl.daclProtected],
  ["AR", DescriptorControl.daclInheritRequired],
  ["AI", DescriptorControl.daclInherited],
];

function parseAce(text: string): Ace {
  const fields = text.split(";").map((field) => field.trim());
  const [typeName = "", flagNames = "", mask = "", objectType, inheritedType, sid = ""] = fields;
  if (fields.length !== 6) throw refused(`(${text.slice(0, 40)}) is not six fields`);
  const type = types.find(([name]) => name === typeName.toUpperCase())?.[1];
  if (type === undefined) throw refused(`"${typeName.slice(0, 20)}" is no kind of entry`);
  if (objectType !== "" || inheritedType !== "") throw refused("an entry for a part of an object");
  let flags = 0;
  for (const name of pairs(flagNames)) {
    const flag = aceFlags.find(([one]) => one === name)?.[1];
    if (flag === undefined) throw refused(`"${name}" is no flag of an entry`);
    flags |= flag;
  }
  return { type, flags, mask: parseMask(mask), sid: parseSidText(sid) };
}

function parseMask(text: string): number {
  if (/^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) {
    const number = Number(text);
    if (number <= 0xffff_ffff) return number;
  }
  let mask = 0;
  for (const name of pairs(text)) {
    const right = rights.get(name);
    if (right === undefined) throw refused(`"${name}" is no right`);
    mask |= right;
  }
  return mask >>> 0;
}

function pairs(text: string): string[] {
  const found = text.toUpperCase().match(/../gs) ?? [];
  if (found.length * 2 !== text.length) throw refused(`"${text.slice(0, 40)}" is not pairs of letters`);
  return found;
}

function parseSidText(text: string): string {
  const known = aliases.get(text.toUpperCase());
  if (known !== undefined) return known;
  return canonicalSid(text);
}

function sidText(sid: string): string {
  return namesOfSids.get(sid) ?? sid;
}

function formatList(name: string, list: readonly Ace[] | null | undefined, control: number): string {
  if (list === undefined) return "";
  if (list === null) return `${name}:NO_ACCESS_CONTROL`;
  const flags = listFlags.map(([text, bit]) => ((control & bit) === 0 ? "" : text)).join("");
  return `${name}:${flags}${list.map(formatAce).join("")}`;
}

function formatAce({ type, flags, mask, sid, rest }: Ace): string {
  const name = types.find(([, one]) => one === type)?.[0];
  if (name === undefined || rest !== undefined) {
    throw new ComError(HResult.E_NOTIMPL, `an entry of kind ${type} has no text form here`);
  }
  const flagNames = aceFlags.map(([text, bit]) => ((flags & bit) === 0 ? "" : text)).join("");
  return `(${name};${flagNames};${formatMask(mask)};;;${sidText(sid)})`;
}

function formatMask(mask: number): string {
  const named = whole.find(([, bits]) => bits === mask);
  if (named !== undefined) return named[0];
  const found = single.filter(([, bit]) => (mask & bit) !== 0);
  const sum = found.reduce((bits, [, bit]) => bits | bit, 0);
  return sum >>> 0 === mask ? found.map(([text]) => text).join("") : `0x${mask.toString(16)}`;
}

function refused(what: string): ComError {
  return new ComError(HResult.E_INVALIDARG, `a security descriptor cannot be read: ${what}`);
}
