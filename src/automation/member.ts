import type { ComError } from "../base/index.ts";
import type { RecordInfo } from "./record/info.ts";

/** Well-known dispatch identifiers. ([MS-OAUT] 2.2.32) */
export const DispId = {
  VALUE: 0,
  UNKNOWN: -1,
  PROPERTYPUT: -3,
  NEWENUM: -4,
  EVALUATE: -5,
  CONSTRUCTOR: -6,
  DESTRUCTOR: -7,
  THIS: -613,
} as const;

/** How a member is invoked; a combination for `Invoke`. ([MS-OAUT] 2.2.14) CONSTRUCT is IDispatchEx's: the member is made an object with `new`. */
export const DispatchFlag = {
  METHOD: 1,
  PROPERTYGET: 2,
  PROPERTYPUT: 4,
  PROPERTYPUTREF: 8,
  CONSTRUCT: 0x4000,
} as const;

export type InvokeKind = "method" | "get" | "put" | "putref";

/** One way to invoke a member: the function that runs, what it takes and gives. */
export interface MemberFunction {
  readonly kind: InvokeKind;
  /** Name of the function on the object. */
  readonly functionName: string;
  /** What a caller passes, in order: all parameters without [lcid] and [retval]; undefined when the number is free. */
  readonly params: readonly MemberParam[] | undefined;
  /** Names of the parameters of a function whose number of arguments is free. */
  readonly paramNames?: readonly string[] | undefined;
  /** The last parameter takes all the arguments that are left, as an array. */
  readonly vararg?: boolean;
  /** Where among the function's arguments the locale goes. */
  readonly lcidAt?: number | undefined;
  /** Automation type of the result; VARIANT when only the value tells, EMPTY when there is none. */
  readonly resultVt: number;
  /** Why the function cannot be called with VARIANTs: a parameter does not fit. */
  readonly unfit?: ComError | undefined;
  /** The type of a result that is a record. */
  readonly resultRecord?: RecordInfo | undefined;
  /** Name of the [retval] parameter when there are other outputs beside it. */
  readonly resultName?: string | undefined;
}

export interface MemberParam {
  readonly name: string;
  readonly vt: number;
  readonly in: boolean;
  readonly out: boolean;
  readonly optional: boolean;
  readonly defaultValue: unknown;
  /** The interface of a pointer. */
  readonly iid?: string | undefined;
  /** The type of a record. */
  readonly record?: RecordInfo | undefined;
}

/** A name that scripts know, with its DISPID. */
export interface Member {
  readonly name: string;
  readonly dispId: number;
  readonly functions: readonly MemberFunction[];
}

/** Where the members of an object come from. */
export interface MemberSource {
  /** In any letter case unless `exact`. */
  byName(name: string, exact?: boolean): Member | undefined;
  byId(dispId: number): Member | undefined;
  readonly members: readonly Member[];
}

/** The members of an interface by name (in any letter case) and by DISPID. */
export class MemberTable implements MemberSource {
  readonly #byName = new Map<string, Member>();
  readonly #byId = new Map<number, Member>();

  constructor(members: readonly Member[]) {
    for (const member of members) {
      this.#byName.set(member.name.toLowerCase(), member);
      this.#byId.set(member.dispId, member);
    }
  }

  byName(name: string, exact = false): Member | undefined {
    const found = this.#byName.get(name.toLowerCase());
    return exact && found?.name !== name ? undefined : found;
  }

  byId(dispId: number): Member | undefined {
    return this.#byId.get(dispId);
  }

  get members(): readonly Member[] {
    return [...this.#byId.values()];
  }
}
