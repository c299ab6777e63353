import type { StringType } from "../types.ts";
import { readCount, writeCount } from "./counts.ts";
import type { Emitter } from "./emitter.ts";
import { expectCount } from "./check.ts";
import { numberCode } from "./expression.ts";
import { at, type Kind, type Site } from "./kind.ts";

const unitSize = (type: StringType): number => (type.char === "wchar" ? 2 : 1);
const quote = (site: Site): string => JSON.stringify(site.where);

/** `[string]` arrays ([C706] 14.3.4): offset, actual_count with the terminator, characters; the max_count before it unless fixed. */
export const stringKind: Kind<StringType> = {
  measure(e, type, value, cursor, site) {
    const header = 2 * e.syntax.count;
    const units = `${e.run("unitsOf")}(${value}, ${quote(site)})`;
    e.line(`${cursor} += ${header} + ${units}${type.char === "wchar" ? " * 2" : ""};`);
  },
  write(e, type, value, place, site) {
    const text = e.bind(value, "text");
    const n = e.bind(`${e.run("unitsOf")}(${text}, ${quote(site)})`, "units");
    const most = type.fixed === undefined ? site.counts[0] : `${type.fixed}`;
    e.line(`if (${n} > ${most}) ${e.run("refuse")}.bound(${quote(site)}, ${n}, ${most});`);
    const { count } = e.syntax;
    writeCount(e, at(place), "0");
    writeCount(e, at(place, count), n);
    const put = type.char === "wchar" ? "putWide" : "putNarrow";
    e.line(`${e.run(put)}(w, ${at(place, 2 * count)}, ${text}, ${quote(site)});`);
    e.line(`${place.base} += ${2 * count} + ${n} * ${unitSize(type)};`);
  },
  skip(e, type, cursor, site) {
    const { count } = e.syntax;
    e.line(`${e.run("within")}(r, ${cursor} + ${2 * count});`);
    const n = e.bind(readCount(e, `${cursor} + ${count}`), "units");
    const max = type.fixed === undefined ? site.counts[0] : `${type.fixed}`;
    const first = readCount(e, cursor);
    e.line(
      `${e.run("checkString")}(r, ${cursor} + ${2 * count}, ${max}, ${first}, ${n}, ${unitSize(type)}, s, ${quote(site)});`,
    );
    e.line(`${cursor} += ${2 * count} + ${n} * ${unitSize(type)};`);
  },
  read(e, type, place, site) {
    const { count } = e.syntax;
    const n = e.bind(readCount(e, at(place, count)), "units");
    const get = type.char === "wchar" ? "getWide" : "getNarrow";
    const text = e.bind(
      `${e.run(get)}(r, ${at(place, 2 * count)}, ${n}, ${e.little}, ${quote(site)})`,
      "text",
    );
    e.line(`${place.base} += ${2 * count} + ${n} * ${unitSize(type)};`);
    if (type.size !== undefined) expectCount(e, site, type.size, site.counts[0] ?? "0");
    return text;
  },
};

/** The max_count of a string is its size_is, or its own length. */
export function stringConformance(e: Emitter, type: StringType, value: string, site: Site): string {
  const own = `${e.run("unitsOf")}(${value}, ${quote(site)})`;
  return type.size === undefined ? own : (numberCode(type.size, site.scope) ?? own);
}
