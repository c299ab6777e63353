import { type ByteReader, type ByteWriter, ComError, HResult, guid } from "../../base/index.ts";
import type { Dispatcher, ServerCall, SyntaxId } from "../index.ts";

export const ECHO: SyntaxId = { uuid: guid("3c4728c5-f0ab-448b-bda1-6ce01eb0a6d5"), version: [1, 0] };
export const OTHER: SyntaxId = { uuid: guid("3c4728c5-f0ab-448b-bda1-6ce01eb0a6d6"), version: [1, 0] };

/**
 * Operations 0: a + b. 1: the bytes, at once. 2: the bytes, a turn later. 3: throws. 4: never answers. 5: the object UUID.
 * 6: who calls, at which level.
 */
export class Echo implements Dispatcher {
  readonly operations = 7;
  readonly minimumLevel?: 1 | 2 | 3 | 4 | 5 | 6;
  readonly held: ServerCall[] = [];

  constructor(minimumLevel?: 1 | 2 | 3 | 4 | 5 | 6) {
    if (minimumLevel !== undefined) this.minimumLevel = minimumLevel;
  }

  dispatch(call: ServerCall): void | Promise<void> {
    switch (call.opnum) {
      case 0: {
        const sum = call.reader.i32() + call.reader.i32();
        call.beginResponse().u32(sum >>> 0);
        call.endResponse();
        return;
      }
      case 1:
        answer(call, call.reader.raw(call.reader.remaining));
        return;
      case 2:
        call.retain();
        return later(call);
      case 3:
        throw new ComError(HResult.E_INVALIDARG, "no");
      case 4:
        call.retain();
        this.held.push(call);
        return;
      case 5:
        answer(call, call.object ?? new Uint8Array(0));
        return;
      default:
        answer(call, Buffer.from(`${call.identity?.account ?? "-"} ${call.level}`, "latin1"));
    }
  }
}

async function later(call: ServerCall): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  answer(call, call.reader.raw(call.reader.remaining));
}

function answer(call: ServerCall, bytes: Uint8Array): void {
  call.beginResponse().raw(bytes);
  call.endResponse();
}

export const twoNumbers =
  (a: number, b: number) =>
  (writer: ByteWriter): void => {
    writer.u32(a);
    writer.u32(b);
  };
export const number = (reader: ByteReader): number => reader.i32();
export const raw =
  (bytes: Uint8Array) =>
  (writer: ByteWriter): void =>
    writer.raw(bytes);
export const rest = (reader: ByteReader): Uint8Array => reader.raw(reader.remaining).slice();
export const text = (reader: ByteReader): string => Buffer.from(rest(reader)).toString("latin1");
export const nothing = (): void => {};

export function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
}
