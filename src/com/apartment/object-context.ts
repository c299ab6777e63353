import type { Guid } from "../../base/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { logicalThreadId, setLogicalThreadId } from "../call/causality.ts";
import { IComThreadingInfo, THDTYPE } from "../gen/objidlbase.ts";
import { pointerTo } from "../pointers.ts";
import type { Implements, IUnknown } from "../unknown.ts";
import { ApartmentType, getApartmentType } from "./threading-info.ts";

/** Where the calling code runs, in the words of IComThreadingInfo. */
class ObjectContext implements Implements<IComThreadingInfo> {
  static readonly interfaces: readonly [typeof IComThreadingInfo] = [IComThreadingInfo];

  GetCurrentApartmentType(): (typeof ApartmentType)[keyof typeof ApartmentType] {
    return getApartmentType().type;
  }

  /** Whether calls of strangers are let in while the thread waits: the main thing that differs for the caller. */
  GetCurrentThreadType(): THDTYPE {
    const { type } = getApartmentType();
    return type === ApartmentType.STA || type === ApartmentType.MAINSTA
      ? THDTYPE.THDTYPE_PROCESSMESSAGES
      : THDTYPE.THDTYPE_BLOCKMESSAGES;
  }

  GetCurrentLogicalThreadId(): Guid {
    return logicalThreadId();
  }

  SetCurrentLogicalThreadId(id: Guid): void {
    setLogicalThreadId(id);
  }
}

/** The context of the calling code (CoGetObjectContext): its apartment, as IComThreadingInfo. The caller owns the pointer. Throws E_NOINTERFACE. */
export function getObjectContext<T extends IUnknown>(iface: Interface<T>): T {
  return pointerTo(new ObjectContext(), iface);
}
