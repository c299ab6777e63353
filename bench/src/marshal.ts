// Encode and decode in one process: our NDR, a hand-written codec of the same bytes, protobufjs, node-dcom.
import protobuf from "protobufjs";
import { throughNodeDcom } from "./contenders/node-dcom.js";
import { ByteReader, ByteWriter } from "comity/base";
import {
  type Codec,
  array,
  codecFor,
  f32,
  f64,
  field,
  i16,
  i32,
  plainContext,
  string,
  struct,
  u16,
  u32,
  u8,
  unique,
} from "./ndr-names.js";
import type { Row } from "./row.js";

interface Reading {
  readonly id: number;
  readonly flags: number;
  readonly channel: number;
  readonly unit: number;
  readonly quality: number;
  readonly kind: number;
  readonly value: number;
  readonly error: number;
  readonly name: string | null;
  readonly place: string | null;
}

const ReadingType = struct("Reading", () => [
  field("id", i32),
  field("flags", u32),
  field("channel", i16),
  field("unit", u16),
  field("quality", u8),
  field("kind", u8),
  field("value", f64),
  field("error", f32),
  field("name", unique(string("wchar"))),
  field("place", unique(string("wchar"))),
]);

const sample: Reading = {
  id: 123_456,
  flags: 0xdead,
  channel: -7,
  unit: 12,
  quality: 192,
  kind: 3,
  value: 21.75,
  error: 0.5,
  name: "Boiler/Temperature",
  place: "Hall 7, left",
};

/** The same bytes by hand: one reservation, a cached view, deferred strings in order. */
class HandWritten {
  bytes = new Uint8Array(1 << 18);
  view = new DataView(this.bytes.buffer);
  pos = 0;
  #referent = 0x20000;

  start(): void {
    this.pos = 0;
    this.#referent = 0x20000;
  }

  fixed(value: Reading): void {
    let p = (this.pos + 7) & ~7;
    if (p + 40 > this.bytes.length) this.grow(p + 40);
    const { view, bytes } = this;
    view.setInt32(p, value.id, true);
    view.setUint32(p + 4, value.flags, true);
    view.setInt16(p + 8, value.channel, true);
    view.setUint16(p + 10, value.unit, true);
    bytes[p + 12] = value.quality;
    bytes[p + 13] = value.kind;
    view.setUint16(p + 14, 0, true);
    view.setFloat64(p + 16, value.value, true);
    view.setFloat32(p + 24, value.error, true);
    view.setUint32(p + 28, value.name === null ? 0 : (this.#referent += 4), true);
    view.setUint32(p + 32, value.place === null ? 0 : (this.#referent += 4), true);
    p += 36;
    this.pos = p;
  }

  strings(value: Reading): void {
    if (value.name !== null) this.text(value.name);
    if (value.place !== null) this.text(value.place);
  }

  text(text: string): void {
    let p = (this.pos + 3) & ~3;
    const units = text.length + 1;
    if (p + 12 + units * 2 > this.bytes.length) this.grow(p + 12 + units * 2);
    const { view } = this;
    view.setUint32(p, units, true);
    view.setUint32(p + 4, 0, true);
    view.setUint32(p + 8, units, true);
    p += 12;
    for (let i = 0; i < text.length; i++, p += 2) view.setUint16(p, text.charCodeAt(i), true);
    view.setUint16(p, 0, true);
    this.pos = p + 2;
  }

  count(n: number): void {
    const p = (this.pos + 3) & ~3;
    this.view.setUint32(p, n, true);
    this.pos = p + 4;
  }

  readCount(): number {
    const p = (this.pos + 3) & ~3;
    this.pos = p + 4;
    return this.view.getUint32(p, true);
  }

  readFixed(): { -readonly [K in keyof Reading]: Reading[K] } {
    const p = (this.pos + 7) & ~7;
    const { view, bytes } = this;
    this.pos = p + 36;
    return {
      id: view.getInt32(p, true),
      flags: view.getUint32(p + 4, true),
      channel: view.getInt16(p + 8, true),
      unit: view.getUint16(p + 10, true),
      quality: bytes[p + 12] as number,
      kind: bytes[p + 13] as number,
      value: view.getFloat64(p + 16, true),
      error: view.getFloat32(p + 24, true),
      name: view.getUint32(p + 28, true) === 0 ? null : "",
      place: view.getUint32(p + 32, true) === 0 ? null : "",
    };
  }

  readStrings(value: { name: string | null; place: string | null }): void {
    if (value.name !== null) value.name = this.readText();
    if (value.place !== null) value.place = this.readText();
  }

  readText(): string {
    const p = (this.pos + 3) & ~3;
    const units = this.view.getUint32(p + 8, true);
    this.pos = p + 12 + units * 2;
    let text = "";
    for (let i = 0, at = p + 12; i < units - 1; i++, at += 2)
      text += String.fromCharCode(this.view.getUint16(at, true));
    return text;
  }

  grow(n: number): void {
    const bytes = new Uint8Array(Math.max(n, this.bytes.length * 2));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

const proto = protobuf.parse(`syntax = "proto3";
message Reading { sint32 id = 1; fixed32 flags = 2; sint32 channel = 3; uint32 unit = 4; uint32 quality = 5; uint32 kind = 6; double value = 7;
  float error = 8; string name = 9; string place = 10; }
message Readings { repeated Reading items = 1; } message Doubles { repeated double items = 1; }`).root;

/** Operations (encode and decode once) per second: the least disturbed of five slices. */
function rate(run: () => void, milliseconds: number): number {
  let best = 0;
  for (let slice = 0; slice < 6; slice++) {
    const start = performance.now();
    let done = 0;
    do {
      for (let i = 0; i < 8; i++) run();
      done += 8;
    } while (performance.now() - start < milliseconds);
    // The first slice warms up.
    if (slice > 0) best = Math.max(best, (done / (performance.now() - start)) * 1000);
  }
  return best;
}

function viaCodec<T>(codec: Codec<T>, value: T, check: (back: T) => boolean): () => void {
  const writer = new ByteWriter(1 << 18);
  const reader = new ByteReader(writer.bytes);
  return () => {
    writer.reset();
    codec.encode(writer, value, plainContext);
    if (reader.bytes !== writer.bytes) {
      reader.bytes = writer.bytes;
      reader.view = writer.view;
    }
    reader.rewind(0, writer.pos);
    if (!check(codec.decode(reader, plainContext))) throw new Error("decoded something else");
  };
}

function viaProtobuf(name: string, value: object, check: (back: any) => boolean): () => void {
  const type = proto.lookupType(name);
  return () => {
    if (!check(type.decode(type.encode(value).finish()))) throw new Error("decoded something else");
  };
}

export function measureMarshaling(milliseconds: number): Row[] {
  const rows: Row[] = [];
  const add = (work: string, contender: string, run: () => void): void => {
    rows.push({ work, contender, perSecond: rate(run, milliseconds) });
  };
  const hand = new HandWritten();
  const one = "ten fields with strings";
  add(one, "hand-written NDR", () => {
    hand.start();
    hand.fixed(sample);
    hand.strings(sample);
    hand.pos = 0;
    const back = hand.readFixed();
    hand.readStrings(back);
    if (back.place !== sample.place) throw new Error("decoded something else");
  });
  add(
    one,
    "comity NDR",
    viaCodec(codecFor<Reading>(ReadingType), sample, (back) => back.place === sample.place),
  );
  add(
    one,
    "protobufjs",
    viaProtobuf("Reading", sample, (back) => back.place === sample.place),
  );

  const { name, place, ...numbers } = sample;
  const scalars = Object.values(numbers);
  add(one, "node-dcom", () => {
    if (throughNodeDcom(scalars, [name, place]) !== place) throw new Error("decoded something else");
  });

  const many = Array.from({ length: 1000 }, (_, id) => ({ ...sample, id }));
  const thousand = "1,000 structs";
  add(thousand, "hand-written NDR", () => {
    hand.start();
    hand.count(many.length);
    for (const item of many) hand.fixed(item);
    for (const item of many) hand.strings(item);
    hand.pos = 0;
    const count = hand.readCount();
    const back: { -readonly [K in keyof Reading]: Reading[K] }[] = [];
    for (let i = 0; i < count; i++) back.push(hand.readFixed());
    for (const item of back) hand.readStrings(item);
    if (back[999]?.id !== 999) throw new Error("decoded something else");
  });
  const manyCodec = codecFor<readonly Reading[]>(array(ReadingType, { size: true }));
  add(
    thousand,
    "comity NDR",
    viaCodec(manyCodec, many, (back) => back[999]?.id === 999),
  );
  add(
    thousand,
    "protobufjs",
    viaProtobuf("Readings", { items: many }, (back) => back.items.length === 1000),
  );

  const doubles = Float64Array.from({ length: 10_000 }, (_, i) => i / 3);
  const tenThousand = "10,000 doubles";
  const doubleBytes = new Uint8Array(80_008);
  add(tenThousand, "hand-written NDR", () => {
    new DataView(doubleBytes.buffer).setUint32(0, doubles.length, true);
    doubleBytes.set(new Uint8Array(doubles.buffer), 8);
    const back = new Float64Array(doubleBytes.buffer.slice(8));
    if (back[9999] !== doubles[9999]) throw new Error("decoded something else");
  });
  const doublesCodec = codecFor<Float64Array>(array(f64, { size: true }));
  add(
    tenThousand,
    "comity NDR",
    viaCodec(doublesCodec, doubles, (back) => back[9999] === doubles[9999]),
  );
  add(
    tenThousand,
    "protobufjs",
    viaProtobuf("Doubles", { items: [...doubles] }, (back) => back.items.length === 10_000),
  );
  return rows;
}
