import type { RecordInfo } from "./info.ts";

/**
 * A value of a record type: what a VT_RECORD holds. `fields` is a plain object with the members of the structure, or null for none. A record of a type
 * that is not known here keeps its bytes in `raw` and can be passed on.
 */
export class RecordValue {
  readonly info: RecordInfo;
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly raw: Uint8Array | undefined;

  constructor(info: RecordInfo, fields: Readonly<Record<string, unknown>> | null, raw?: Uint8Array) {
    this.info = info;
    this.fields = fields;
    this.raw = raw;
  }
}
