import { ComError } from "../../base/index.ts";
import { TYPEKIND } from "../gen/oaidl.ts";
import type { TypeDraft } from "./builder.ts";
import { TypeLibStatus } from "./errors.ts";
import { IID_IDispatch } from "./roots.ts";
import type {
  FunctionDesc,
  ImportedType,
  TypeDesc,
  TypeInfo,
  TypeLibrary,
  TypeReference,
  VariableDesc,
} from "./model.ts";
import { type TypeSize, alignUp, sizeOfType } from "./type-size.ts";

const FUNCTION_IDS = 0x60000000;
const VARIABLE_IDS = 0x40000000;
const TYPEFLAG_FDISPATCHABLE = 0x1000;

/** What an interface inherits. */
interface Inherited {
  readonly functions: number;
  readonly depth: number;
  readonly dispatch: boolean;
}

const nothing: Inherited = { functions: 0, depth: 0, dispatch: false };

/** Numbers the members of drafts and gives them their places (ICreateTypeInfo::LayOut). */
export class Layout {
  readonly #drafts: readonly TypeDraft[];
  readonly #importedTypes: readonly ImportedType[];
  readonly #importedFrom: readonly TypeLibrary[];
  readonly #pointer: number;
  readonly #sizes = new Map<number, TypeSize>();
  readonly #open = new Set<number>();

  constructor(
    drafts: readonly TypeDraft[],
    importedTypes: readonly ImportedType[],
    importedFrom: readonly TypeLibrary[],
    pointer: number,
  ) {
    this.#drafts = drafts;
    this.#importedTypes = importedTypes;
    this.#importedFrom = importedFrom;
    this.#pointer = pointer;
  }

  type(index: number): TypeInfo {
    const draft = this.#drafts[index] as TypeDraft;
    const inherited = this.#inherited(draft);
    const functions = this.#placeFunctions(draft, inherited);
    const late = draft.kind === TYPEKIND.TKIND_DISPATCH && (draft.flags & TYPEFLAG_FDUAL) === 0;
    const dispatchable = late || inherited.dispatch;
    const { packing: _, ...described } = draft;
    return {
      ...described,
      ...this.#sizeOfDraft(index),
      kind: kindOf(draft),
      flags: draft.flags | (dispatchable ? TYPEFLAG_FDISPATCHABLE : 0),
      functions,
      variables: this.#placeVariables(draft),
      implTypes: [...draft.implTypes],
      vtableSize: hasVtable(draft) ? (inherited.functions + functions.length) * this.#pointer : 0,
    };
  }

  #placeFunctions(draft: TypeDraft, inherited: Inherited): FunctionDesc[] {
    const named = new Map<string, number>();
    return draft.functions.map((desc, i) => {
      const key = desc.name.toLowerCase();
      const memid = Number.isNaN(desc.memid)
        ? (named.get(key) ?? FUNCTION_IDS | (inherited.depth << 16) | i)
        : desc.memid;
      if (!named.has(key)) named.set(key, memid);
      const slot = draft.kind === TYPEKIND.TKIND_MODULE ? 0 : inherited.functions + i;
      return { ...desc, memid, vtableOffset: slot * this.#pointer };
    });
  }

  #placeVariables(draft: TypeDraft): VariableDesc[] {
    let end = 0;
    const first = draft.functions.length;
    return draft.variables.map((desc, i) => {
      const memid = Number.isNaN(desc.memid) ? VARIABLE_IDS + first + i : desc.memid;
      if (draft.kind !== TYPEKIND.TKIND_RECORD) return { ...desc, memid };
      const { size, alignment } = packed(this.#sizeOf(desc.type), draft);
      const offset = alignUp(end, alignment);
      end = offset + size;
      return { ...desc, memid, offset };
    });
  }

  #inherited(draft: TypeDraft): Inherited {
    const [base] = draft.implTypes;
    if (base === undefined || !hasVtable(draft)) return nothing;
    return this.#through(base.reference, 0);
  }

  /** What a type that derives from the referenced one inherits. */
  #through(reference: TypeReference, level: number): Inherited {
    if (level > 64) throw circular("an interface derives from itself");
    if ("local" in reference) {
      const draft = this.#drafts[reference.local];
      const [base] = draft?.implTypes ?? [];
      const above = base === undefined ? nothing : this.#through(base.reference, level + 1);
      return derive(above, draft?.functions.length ?? 0, draft?.guid === IID_IDispatch);
    }
    const imported = this.#importedTypes[reference.imported];
    const library = imported && this.#importedFrom[imported.library];
    const type = library?.types.find(
      (one, i) => i === imported?.index || (one.guid !== undefined && one.guid === imported?.guid),
    );
    if (type === undefined || library === undefined) return nothing;
    const slot = library.sysKind === 3 ? 8 : 4;
    return {
      functions: type.vtableSize / slot,
      depth: importedDepth(type, library),
      dispatch: type.guid === IID_IDispatch || (type.flags & TYPEFLAG_FDISPATCHABLE) !== 0,
    };
  }

  #sizeOf(type: TypeDesc): TypeSize {
    return sizeOfType(type, this.#pointer, ({ reference }) => {
      if (reference === undefined) return { size: 0, alignment: 1 };
      if ("local" in reference) return this.#sizeOfDraft(reference.local);
      const imported = this.#importedTypes[reference.imported];
      const type = this.#importedFrom[imported?.library ?? -1]?.types.find(
        (one, i) => i === imported?.index || (one.guid !== undefined && one.guid === imported?.guid),
      );
      return { size: type?.size ?? 0, alignment: Math.max(1, type?.alignment ?? 1) };
    });
  }

  #sizeOfDraft(index: number): TypeSize {
    const known = this.#sizes.get(index);
    if (known !== undefined) return known;
    const draft = this.#drafts[index];
    if (draft === undefined) return { size: 0, alignment: 1 };
    if (this.#open.has(index)) throw circular(`${draft.name} holds itself`);
    this.#open.add(index);
    const size = this.#measure(draft);
    this.#open.delete(index);
    this.#sizes.set(index, size);
    return size;
  }

  #measure(draft: TypeDraft): TypeSize {
    switch (draft.kind) {
      case TYPEKIND.TKIND_ENUM:
        return { size: 4, alignment: 4 };
      case TYPEKIND.TKIND_MODULE:
        // ([MS-OAUT] 2.2.44)
        return { size: 2, alignment: 1 };
      case TYPEKIND.TKIND_ALIAS:
        return this.#sizeOf(draft.alias ?? { vt: 0 });
      case TYPEKIND.TKIND_RECORD:
      case TYPEKIND.TKIND_UNION:
        return this.#measureFields(draft);
      default:
        return { size: this.#pointer, alignment: this.#pointer };
    }
  }

  #measureFields(draft: TypeDraft): TypeSize {
    let end = 0;
    let most = 1;
    for (const { type } of draft.variables) {
      const { size, alignment } = packed(this.#sizeOf(type), draft);
      const start = draft.kind === TYPEKIND.TKIND_UNION ? 0 : alignUp(end, alignment);
      end = Math.max(end, start + size);
      most = Math.max(most, alignment);
    }
    return { size: alignUp(end, most), alignment: most };
  }
}

const TYPEFLAG_FDUAL = 0x40;

/** A dual interface is listed as a dispinterface, whichever way it was begun. */
function kindOf({ kind, flags }: TypeDraft): TYPEKIND {
  return kind === TYPEKIND.TKIND_INTERFACE && (flags & TYPEFLAG_FDUAL) !== 0 ? TYPEKIND.TKIND_DISPATCH : kind;
}

function packed({ size, alignment }: TypeSize, { packing = 0 }: TypeDraft): TypeSize {
  return { size, alignment: packing > 0 ? Math.min(alignment, packing) : alignment };
}

function hasVtable({ kind }: TypeDraft): boolean {
  return kind === TYPEKIND.TKIND_INTERFACE || kind === TYPEKIND.TKIND_DISPATCH;
}

function derive(above: Inherited, own: number, isDispatch: boolean): Inherited {
  return {
    functions: above.functions + own,
    depth: above.depth + 1,
    dispatch: above.dispatch || isDispatch,
  };
}

/** How many interfaces stand from the root to a type of another library, itself included. */
function importedDepth(type: TypeInfo, library: TypeLibrary, level = 0): number {
  const [base] = type.implTypes;
  if (base === undefined || level > 64) return 1;
  if ("local" in base.reference) {
    const next = library.types[base.reference.local];
    return next === undefined ? 2 : 1 + importedDepth(next, library, level + 1);
  }
  const imported = library.importedTypes[base.reference.imported];
  return imported?.guid === IID_IDispatch ? 3 : 2;
}

function circular(message: string): ComError {
  return new ComError(TypeLibStatus.CIRCULARTYPE, message);
}
