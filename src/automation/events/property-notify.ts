import { HResult } from "../../base/index.ts";
import { IPropertyNotifySink } from "../gen/ocidl.ts";
import { ask, fire } from "./fire.ts";

/** DISPID_UNKNOWN stands for "several, or all". */
const all = -1;

/** Tells the IPropertyNotifySink sinks of an object that a bindable property has changed. Without a DISPID: that more than one has. */
export function notifyChanged(object: object, dispId: number = all): void {
  fire(object, IPropertyNotifySink).OnChanged(dispId);
}

/** Asks the IPropertyNotifySink sinks of an object whether a property may change: false when one of them answers S_FALSE. */
export async function mayChange(object: object, dispId: number): Promise<boolean> {
  const answers = await ask(object, IPropertyNotifySink).OnRequestEdit(dispId);
  return answers.every(({ code }) => code !== HResult.S_FALSE);
}
