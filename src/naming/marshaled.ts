import { ByteWriter, type Guid } from "../base/index.ts";
import { IMoniker } from "../com/gen/objidl.ts";
import { IUnknown } from "../com/index.ts";
import { type Loading, bad, bytes, foreign, guidOf, u16, u32 } from "./loading.ts";
import type { Naming } from "./naming.ts";

/*
 * References within the data of monikers ([MS-DCOM] 2.2.18): they follow each other without a length, so that one has to read them to know where the next
 * begins.
 */

const signature = 0x574f454d;
const Form = { standard: 1, handler: 2, custom: 4 } as const;

/** The head of a custom reference: the class's own data follows. */
export function writeCustomHead(writer: ByteWriter, clsid: Guid, size: number): void {
  writer.u32(signature);
  writer.u32(Form.custom);
  writer.guid(IMoniker.iid);
  writer.guid(clsid);
  writer.u32(0);
  writer.u32(size);
}

/** A reference to any object; the caller owns the pointer. Of custom references only those of monikers can be read here. */
export function* marshaledReference(naming: Naming, depth: number): Loading<IUnknown> {
  const { form, iid } = yield* head();
  if (form === Form.custom) return yield* customMoniker(naming, depth);
  return naming.runtime.marshaler.unmarshalInterface(iid, yield* standardReference(form, iid));
}

/** A reference to a moniker; the caller owns the pointer. `depth` counts composites within composites. */
export function* marshaledMoniker(naming: Naming, depth: number): Loading<IMoniker> {
  const { form, iid } = yield* head();
  if (form === Form.custom) return yield* customMoniker(naming, depth);
  const objref = yield* standardReference(form, iid);
  return naming.runtime.marshaler.unmarshalInterface(IMoniker.iid, objref) as IMoniker;
}

function* head(): Loading<{ readonly form: number; readonly iid: Guid }> {
  if ((yield* u32()) !== signature) throw bad("an object reference does not begin with MEOW");
  const form = yield* u32();
  return { form, iid: yield* guidOf() };
}

function* customMoniker(naming: Naming, depth: number): Loading<IMoniker> {
  const { maxDepth } = naming.limits;
  if (depth > maxDepth) throw bad(`references within references, ${maxDepth} are allowed`);
  const clsid = yield* guidOf();
  yield* bytes(8, 8);
  const made = naming.blank(clsid);
  if (made === undefined) return yield* foreign(clsid, true);
  yield* made.restoreMarshaled(depth + 1);
  return made.pointer();
}

/** A standard reference as the bytes it was: 40 bytes that name the object, the handler's class, and the addresses of its machine. */
function* standardReference(form: number, iid: Guid): Loading<Uint8Array> {
  if (form !== Form.standard && form !== Form.handler) throw bad(`an object reference of the form ${form}`);
  const named = yield* bytes(form === Form.handler ? 56 : 40, 56);
  const entries = yield* u16();
  const security = yield* u16();
  const addresses = yield* bytes(entries * 2, 0x2_0000);
  const writer = new ByteWriter(72 + addresses.length);
  writer.u32(signature);
  writer.u32(form);
  writer.guid(iid);
  writer.raw(named);
  writer.u16(entries);
  writer.u16(security);
  writer.raw(addresses);
  return writer.finish();
}
