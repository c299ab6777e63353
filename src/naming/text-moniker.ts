import type { ByteWriter } from "../base/index.ts";
import { type Loading, bytes, u32 } from "./loading.ts";
import { ComparableMoniker, type Moniker } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { upper, utf16z } from "./text.ts";

/** Monikers whose state is one text. */
export abstract class TextMoniker extends ComparableMoniker {
  protected text: string;

  constructor(naming: Naming, text: string) {
    super(naming);
    this.text = text;
  }

  protected equals(other: Moniker): boolean {
    return other instanceof TextMoniker && other.text === this.text;
  }

  /** A length in bytes, and the text in UTF-16 with its terminator. */
  save(writer: ByteWriter): void {
    const data = utf16z(this.text);
    writer.u32(data.length);
    writer.raw(data);
  }

  *restore(): Loading<void> {
    const data = yield* bytes(yield* u32(), this.naming.limits.maxPersistedBytes);
    this.text = Buffer.from(data).toString("utf16le").split("\0")[0] ?? "";
    this.restoreRest(data.subarray((this.text.length + 1) * 2));
  }

  /** What stands behind the text within its length. */
  protected restoreRest(_rest: Uint8Array): void {}

  protected sizeMax(): number {
    return 4 + (this.text.length + 1) * 2;
  }

  protected comparisonData(): Uint8Array {
    return utf16z(this.text);
  }

  Hash(): number {
    let hash = 0;
    for (const unit of upper(this.text)) hash = Math.imul(hash, 3) ^ unit.charCodeAt(0);
    return hash >>> 0;
  }
}
