/** Words with a meaning somewhere in the grammar. All of them stay usable as names where the grammar allows a name. */
const words = [
  "interface",
  "dispinterface",
  "coclass",
  "library",
  "module",
  "typedef",
  "struct",
  "union",
  "enum",
  "const",
  "import",
  "importlib",
  "cpp_quote",
  "midl_pragma",
  "declare_guid",
  "properties",
  "methods",
  "switch",
  "case",
  "default",
  "namespace",
  "extern",
  "static",
  "inline",
  "__inline",
  "pipe",
  "SAFEARRAY",
  "sizeof",
  "void",
  "unsigned",
  "signed",
  "boolean",
  "byte",
  "char",
  "wchar_t",
  "small",
  "short",
  "int",
  "long",
  "hyper",
  "__int8",
  "__int16",
  "__int32",
  "__int64",
  "__int3264",
  "float",
  "double",
  "handle_t",
  "error_status_t",
  "volatile",
  "register",
  "class",
  "apicontract",
  "runtimeclass",
  "delegate",
  "declare",
  "interfacename",
  "__int128",
  "cotype",
  "__signed",
  "bool",
  "_int64",
  "__wchar_t",
  "__LONG32",
] as const;

export type Word = (typeof words)[number];

/** The number of each word in every NameTable. */
export const W: Readonly<Record<Word, number>> = Object.fromEntries(
  words.map((word, index) => [word, index]),
) as Record<Word, number>;

/** Names that mean nothing to us and may stand anywhere between declaration words. */
const noise = [
  "__stdcall",
  "_stdcall",
  "stdcall",
  "__cdecl",
  "_cdecl",
  "cdecl",
  "__pascal",
  "_pascal",
  "pascal",
  "__fastcall",
  "STDMETHODCALLTYPE",
  "STDMETHODVCALLTYPE",
  "STDAPICALLTYPE",
  "STDAPIVCALLTYPE",
  "STDCALL",
  "WINAPI",
  "APIENTRY",
  "CALLBACK",
  "PASCAL",
  "far",
  "_far",
  "__far",
  "FAR",
  "near",
  "_near",
  "NEAR",
  "__RPC_FAR",
  "__RPC_API",
  "__RPC_USER",
  "__RPC_STUB",
  "RPC_ENTRY",
  "__unaligned",
  "__restrict",
  "UNALIGNED",
  "_loadds",
  "__ptr32",
  "__ptr64",
  "__w64",
  "__extension__",
  "__MINGW_EXTENSION",
  "__C89_NAMELESS",
];

/** CALLCONV of the names that are calling conventions ([MS-OAUT] 2.2.10): type libraries say it. */
const conventions: ReadonlyMap<string, number> = new Map([
  ...["__cdecl", "_cdecl", "cdecl", "STDMETHODVCALLTYPE", "STDAPIVCALLTYPE"].map(
    (name) => [name, 1] as const,
  ),
  ...["__pascal", "_pascal", "pascal"].map((name) => [name, 2] as const),
  ...["__stdcall", "_stdcall", "stdcall", "STDCALL", "STDMETHODCALLTYPE", "STDAPICALLTYPE"].map(
    (name) => [name, 4] as const,
  ),
  ...["WINAPI", "APIENTRY", "CALLBACK", "PASCAL"].map((name) => [name, 4] as const),
]);

export const firstNoise: number = words.length;
export const afterNoise: number = words.length + noise.length;

/** The calling convention that a name without other meaning stands for; undefined for most of them. */
export function conventionOf(nameId: number): number | undefined {
  return conventions.get(noise[nameId - firstNoise] ?? "");
}

/**
 * Interned names. A name's text is hashed while it is scanned and looked up here, so that one occurrence costs no new
 * string and comparing names is comparing small numbers.
 */
export class NameTable {
  readonly #texts: string[] = [];
  #hashes: Int32Array = new Int32Array(4096);
  /** Name number plus one, 0 for an empty slot; open addressing. */
  #slots: Int32Array = new Int32Array(8192);
  #mask = 8191;
  /** By name number: 1 when some file made the name a macro. Nearly all names need no further look. */
  maybeMacro: Uint8Array = new Uint8Array(4096);

  constructor() {
    for (const word of words) this.intern(word);
    for (const word of noise) this.intern(word);
  }

  text(id: number): string {
    return this.#texts[id] ?? "";
  }

  intern(text: string): number {
    let hash = 0;
    for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
    return this.find(text, 0, text.length, hash);
  }

  /** The number of the name `source[start, end)` whose hash (`h * 31 + code`) the scanner has computed. */
  find(source: string, start: number, end: number, hash: number): number {
    let slot = (hash ^ (hash >>> 15)) & this.#mask;
    for (;;) {
      const entry = this.#slots[slot] ?? 0;
      if (entry === 0) return this.#insert(source.slice(start, end), hash, slot);
      if (this.#hashes[entry - 1] === hash && same(this.#texts[entry - 1] ?? "", source, start, end))
        return entry - 1;
      slot = (slot + 1) & this.#mask;
    }
  }

  #insert(text: string, hash: number, slot: number): number {
    const id = this.#texts.length;
    this.#texts.push(text);
    if (id >= this.#hashes.length) {
      const hashes = new Int32Array(this.#hashes.length * 2);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
      const flags = new Uint8Array(hashes.length);
      flags.set(this.maybeMacro);
      this.maybeMacro = flags;
    }
    this.#hashes[id] = hash;
    this.#slots[slot] = id + 1;
    if (this.#texts.length * 2 > this.#slots.length) this.#grow();
    return id;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    this.#mask = slots.length - 1;
    for (let id = 0; id < this.#texts.length; id++) {
      const hash = this.#hashes[id] ?? 0;
      let slot = (hash ^ (hash >>> 15)) & this.#mask;
      while (slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

function same(name: string, source: string, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) {
    if (name.charCodeAt(i) !== source.charCodeAt(start + i)) return false;
  }
  return true;
}
