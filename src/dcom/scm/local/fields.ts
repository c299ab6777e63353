import { ComError, type Guid, HResult, tryParseGuid } from "../../../base/index.ts";

/** The parameters of a local message, read with checks. Each getter throws E_INVALIDARG naming the field. */
export class Fields {
  readonly #values: Record<string, unknown>;
  readonly #where: string;

  constructor(values: unknown, where: string) {
    this.#values = typeof values === "object" && values !== null ? { ...values } : {};
    this.#where = where;
  }

  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : this.#refuse(name, "text");
  }

  optionalText(name: string): string | undefined {
    return this.#values[name] === undefined ? undefined : this.text(name);
  }

  number(name: string): number {
    const value = this.#values[name];
    return typeof value === "number" && Number.isFinite(value) ? value : this.#refuse(name, "a number");
  }

  optionalNumber(name: string): number | undefined {
    return this.#values[name] === undefined ? undefined : this.number(name);
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  guid(name: string): Guid {
    return tryParseGuid(this.text(name)) ?? this.#refuse(name, "a GUID");
  }

  guids(name: string): Guid[] {
    return this.list(name).map((item) => {
      const parsed = typeof item === "string" ? tryParseGuid(item) : undefined;
      return parsed ?? this.#refuse(name, "a list of GUIDs");
    });
  }

  /** A 64-bit number, written in hexadecimal. */
  u64(name: string): bigint {
    return parseU64(this.#values[name]) ?? this.#refuse(name, "a 64-bit number");
  }

  u64s(name: string): bigint[] {
    return this.list(name).map((item) => parseU64(item) ?? this.#refuse(name, "a list of 64-bit numbers"));
  }

  texts(name: string): string[] {
    return this.list(name).map((item) =>
      typeof item === "string" ? item : this.#refuse(name, "a list of texts"),
    );
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(Buffer.from(this.text(name), "base64"));
  }

  optionalBytes(name: string): Uint8Array | undefined {
    return this.#values[name] === undefined ? undefined : this.bytes(name);
  }

  list(name: string): unknown[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) return this.#refuse(name, "a list");
    return value as unknown[];
  }

  record(name: string): Fields {
    const value = this.#values[name];
    if (typeof value !== "object" || value === null) return this.#refuse(name, "an object");
    return new Fields(value, `${this.#where}.${name}`);
  }

  records(name: string): Fields[] {
    return this.list(name).map((item) => new Fields(item, `${this.#where}.${name}`));
  }

  raw(name: string): unknown {
    return this.#values[name];
  }

  #refuse(name: string, wanted: string): never {
    throw new ComError(HResult.E_INVALIDARG, `${name} is not ${wanted}`, {
      where: `local link: ${this.#where}`,
    });
  }
}

/** A 64-bit number as the local link writes it. */
export function formatU64(value: bigint): string {
  return value.toString(16);
}

function parseU64(value: unknown): bigint | undefined {
  return typeof value === "string" && /^[0-9a-f]{1,16}$/i.test(value) ? BigInt(`0x${value}`) : undefined;
}

/** Bytes as the local link writes them. */
export function formatBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
