import { ComError, type Guid, GUID_NULL, HResult, formatGuid, tryParseGuid } from "../base/index.ts";
import { IMarshal, INoMarshal, IStdMarshalInfo, IStream } from "../com/gen/objidl.ts";
import {
  CLSID_StdMarshal,
  type Identity,
  type IUnknown,
  type LeakDetector,
  type MarshalOptions,
  MemoryStream,
  type ReferenceClasses,
  contractOf,
  deferredPointer,
  flagsOf,
  isPointer,
  pointerTo,
} from "../com/index.ts";
import type { PendingMarshal } from "./marshaling.ts";
import { type CustomObjref, encodeObjref } from "./objref.ts";

/** CO_E_NOT_SUPPORTED. */
const notSupported = 0x80004021;

/** The most bytes a custom reference holds that goes to a class. Stops a peer from feeding a class without end. */
const maxClassData = 4 * 1024 * 1024;
/** How deep custom references may stand in each other. Stops a chain of references that load each other. */
const maxDepth = 8;
/** How many references may wait for their classes' code at a time. */
const maxLoading = 256;

/** What an object says about its own marshaling; the set of interfaces never changes, so it is asked once. */
interface Wishes {
  readonly marshal: IMarshal | undefined;
  readonly info: IStdMarshalInfo | undefined;
}

/** Objects that marshal themselves (IMarshal), and references that only their class understands ([MS-DCOM] 2.2.18.6). */
export class CustomMarshaler {
  readonly #classes: ReferenceClasses | undefined;
  readonly #leaks: LeakDetector | undefined;
  /** References whose objects took their time to write them, ready for the message's second attempt. */
  readonly #ready = new WeakMap<object, { readonly iid: Guid; readonly objref: Uint8Array }>();
  #depth = 0;
  #loading = 0;

  constructor(classes: ReferenceClasses | undefined, leaks: LeakDetector | undefined) {
    this.#classes = classes;
    this.#leaks = leaks;
  }

  /** The OBJREF of an object that has IMarshal; undefined when it leaves that to the standard marshaler. */
  marshal(
    identity: Identity,
    iid: Guid,
    options: MarshalOptions | undefined,
    message: PendingMarshal | undefined,
  ): Uint8Array | undefined {
    const { marshal } = wishesOf(identity);
    if (marshal === undefined) return undefined;
    const ready = this.#ready.get(identity.object);
    if (ready !== undefined && ready.iid === iid) {
      this.#ready.delete(identity.object);
      return ready.objref;
    }
    const written = write(marshal, identity, iid, options);
    if (!(written instanceof Promise)) return written;
    const settled = written.then((objref) => void this.#ready.set(identity.object, { iid, objref }));
    if (message === undefined) settled.catch(() => undefined);
    else message.pending = settled;
    throw new ComError(HResult.RPC_E_CALL_REJECTED, "the object takes its time to marshal itself");
  }

  /** The class an object wants in front of it where it is used (IStdMarshalInfo); undefined for none. */
  handlerClass(identity: Identity, options: MarshalOptions | undefined): Guid | undefined {
    const { info } = wishesOf(identity);
    if (info === undefined) return undefined;
    const clsid: unknown = info.GetClassForHandler(flagsOf(options).context, null);
    const parsed = typeof clsid === "string" ? tryParseGuid(clsid) : undefined;
    return parsed === GUID_NULL ? undefined : parsed;
  }

  /** The pointer of a custom reference, made by its class. Whoever calls owns it. The class's code may have to be loaded: then its calls wait. */
  unmarshal(iid: Guid, objref: CustomObjref): IUnknown {
    const stream = streamOf(objref);
    if (this.#depth >= maxDepth) {
      throw new ComError(HResult.RPC_E_INVALID_OBJREF, `references stand ${maxDepth} deep in references`, {
        gate: "unmarshal class",
      });
    }
    const marshal = this.#unmarshaler(objref.clsid);
    if (!(marshal instanceof Promise)) {
      const read = this.#read(marshal, stream, iid);
      if (!(read instanceof Promise)) return read;
      return this.#later(iid, read);
    }
    return this.#later(
      iid,
      marshal.then((loaded) => this.#read(loaded, stream, iid)),
    );
  }

  /** Has the class give back what a custom reference holds (CoReleaseMarshalData). */
  async release(objref: CustomObjref): Promise<void> {
    const stream = streamOf(objref);
    using marshal = await this.#unmarshaler(objref.clsid);
    await marshal.ReleaseMarshalData(pointerTo(stream, IStream));
  }

  /** Tells an object that marshals itself that it is cut off (IMarshal::DisconnectObject). */
  disconnect(identity: Identity): void {
    const done = wishesOf(identity).marshal?.DisconnectObject(0);
    if (done instanceof Promise) done.catch(() => undefined);
  }

  #unmarshaler(clsid: Guid): ReturnType<ReferenceClasses["unmarshaler"]> {
    if (this.#classes !== undefined) return this.#classes.unmarshaler(clsid);
    throw new ComError(
      HResult.REGDB_E_CLASSNOTREG,
      `a reference needs the class ${formatGuid(clsid)} to be understood, and there are no classes here`,
      { gate: "unmarshal class" },
    );
  }

  #read(marshal: IMarshal, stream: MemoryStream, iid: Guid): IUnknown | Promise<IUnknown> {
    const place = pointerTo(stream, IStream);
    const over = (): void => {
      place[Symbol.dispose]();
      marshal[Symbol.dispose]();
    };
    this.#depth++;
    let made: ReturnType<IMarshal["UnmarshalInterface"]> | undefined;
    try {
      made = marshal.UnmarshalInterface(place, iid);
    } finally {
      this.#depth--;
      if (!(made instanceof Promise)) over();
    }
    return made instanceof Promise
      ? made.then((object) => asPointer(object, iid)).finally(over)
      : asPointer(made, iid);
  }

  #later(iid: Guid, coming: Promise<IUnknown>): IUnknown {
    if (this.#loading >= maxLoading) {
      coming.then(
        (pointer) => pointer[Symbol.dispose](),
        () => undefined,
      );
      throw new ComError(
        HResult.RPC_S_SERVER_TOO_BUSY,
        `${maxLoading} references wait for their classes already`,
      );
    }
    this.#loading++;
    const settled = coming.finally(() => this.#loading--);
    settled.catch(() => undefined); // whoever calls the pointer is told
    return deferredPointer(contractOf(iid), settled, this.#leaks);
  }
}

const nothing: Wishes = { marshal: undefined, info: undefined };

function wishesOf(identity: Identity): Wishes {
  return (identity.wishes ??= ask(identity)) as Wishes;
}

function ask(identity: Identity): Wishes {
  const target = (iid: Guid): object | undefined => identity.peek(iid)?.target;
  if (target(INoMarshal.iid) !== undefined) {
    throw new ComError(notSupported, "the object says that it must never be marshaled (INoMarshal)");
  }
  const marshal = target(IMarshal.iid) as IMarshal | undefined;
  const info = target(IStdMarshalInfo.iid) as IStdMarshalInfo | undefined;
  return marshal === undefined && info === undefined ? nothing : { marshal, info };
}

/** CoMarshalInterface's part: the class, then what the object writes. An object that names the standard class has written a whole reference. */
function write(
  marshal: IMarshal,
  identity: Identity,
  iid: Guid,
  options: MarshalOptions | undefined,
): Uint8Array | Promise<Uint8Array> {
  const { context, flags } = flagsOf(options);
  const pointer = pointerTo(identity.object, contractOf(iid));
  const stream = new MemoryStream(undefined, maxClassData);
  const place = pointerTo(stream, IStream);
  const over = (): void => {
    pointer[Symbol.dispose]();
    place[Symbol.dispose]();
  };
  const finish = (clsid: Guid): Uint8Array => {
    const data = stream.bytes.slice();
    return clsid === CLSID_StdMarshal ? data : encodeObjref({ form: "custom", iid, clsid, data });
  };
  let waiting: Promise<Uint8Array> | undefined;
  try {
    const clsid = marshal.GetUnmarshalClass(iid, pointer, context, null, flags);
    const fill = (): ReturnType<IMarshal["MarshalInterface"]> =>
      marshal.MarshalInterface(place, iid, pointer, context, null, flags);
    if (clsid instanceof Promise) {
      waiting = clsid.then(async (known) => {
        await fill();
        return finish(known);
      });
    } else {
      const filled = fill();
      if (!(filled instanceof Promise)) return finish(clsid);
      waiting = filled.then(() => finish(clsid));
    }
    return waiting.finally(over);
  } finally {
    if (waiting === undefined) over();
  }
}

function streamOf(objref: CustomObjref): MemoryStream {
  if (objref.data.length > maxClassData) {
    throw new ComError(
      HResult.RPC_E_INVALID_OBJREF,
      `a custom reference of ${objref.data.length} bytes, ${maxClassData} are allowed`,
      { gate: "unmarshal class" },
    );
  }
  return new MemoryStream(objref.data);
}

function asPointer(made: object | null | undefined, iid: Guid): IUnknown {
  if (made === null || made === undefined) {
    throw new ComError(HResult.E_POINTER, "the class of a custom reference made nothing of it");
  }
  const contract = contractOf(iid);
  if (!isPointer(made)) return pointerTo(made, contract);
  if ((made as { readonly $descriptor?: unknown }).$descriptor === contract) return made;
  using other = made;
  const wanted = other.QueryInterface(contract);
  if (!(wanted instanceof Promise)) return wanted;
  return deferredPointer(contract, wanted);
}
