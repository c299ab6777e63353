import { ComError, HResult } from "../../base/index.ts";
import {
  type InterfaceDescriptor,
  type MethodCodec,
  type MethodDescriptor,
  allMethods,
  methodCodec,
} from "../../ndr/index.ts";

/** A method of an interface the protocol itself calls. */
export interface KnownMethod {
  readonly opnum: number;
  readonly codec: MethodCodec;
}

export function methodByName(descriptor: InterfaceDescriptor, name: string): KnownMethod {
  const method = allMethods(descriptor).find((one) => one.name === name);
  if (method === undefined)
    throw new ComError(HResult.E_UNEXPECTED, `${descriptor.name} has no method ${name}`);
  return { opnum: method.opnum, codec: methodCodec(method) };
}

/** `Interface.Method`, as far as the program knows the contract; for messages. */
export function placeOf(descriptor: InterfaceDescriptor | undefined, iid: string, opnum: number): string {
  if (descriptor === undefined) return `{${iid}} method ${opnum}`;
  const method: MethodDescriptor | undefined = allMethods(descriptor).find((one) => one.opnum === opnum);
  return `${descriptor.name}.${method?.name ?? opnum}`;
}
