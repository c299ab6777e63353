import { createRequire } from "node:module";

// CommonJS without types; its NDR is reached file by file, as its own classes do.
const require = createRequire(import.meta.url);
const { Struct, ComString, ComValue, Types, Flags }: any = require("node-dcom");
const Representation: any = require("node-dcom/dcom/ndr/networkdatarepresentation.js");
const NdrBuffer: any = require("node-dcom/dcom/ndr/ndrbuffer.js");
const { serialize, deSerialize }: any = require("node-dcom/dcom/core/marshalunmarshalhelper.js");

const wide = Flags.FLAG_REPRESENTATION_STRING_LPWSTR;
const scalarTypes: readonly unknown[] = [
  Types.INTEGER,
  Types.INTEGER,
  Types.SHORT,
  Types.SHORT,
  Types.BYTE,
  Types.BYTE,
  Types.DOUBLE,
  Types.FLOAT,
];

function structOf(scalars: readonly (number | null)[], strings: readonly unknown[]): any {
  const made = new Struct();
  for (const [i, value] of scalars.entries()) made.addMember(new ComValue(value, scalarTypes[i]));
  for (const value of strings) made.addMember(new ComValue(value, Types.COMSTRING));
  return new ComValue(made, Types.STRUCT);
}

const template: any = structOf(Array<null>(8).fill(null), [new ComString(wide), new ComString(wide)]);

/** Encodes and decodes eight numbers and two strings once; answers the last string. */
export function throughNodeDcom(scalars: readonly number[], strings: readonly (string | null)[]): string {
  const ndr = new Representation();
  const buffer = new NdrBuffer(Buffer.alloc(1024), 0);
  ndr.setBuffer(buffer);
  const value = structOf(
    scalars,
    strings.map((text) => new ComString(text, wide)),
  );
  serialize(ndr, value, [], Flags.FLAG_NULL);
  buffer.setIndex(0);
  const back = deSerialize(ndr, template, [], Flags.FLAG_NULL, new Map());
  return back.getValue().getMember(9).getValue().getString();
}
