import type { Interface, Method, Param } from "../model.ts";

/**
 * The second interface of `[async_uuid]`: `AsyncX`, with `Begin_m` for what goes in and `Finish_m` for what comes out of each
 * method of X ([MS-DCOM] does not carry it: a call object in the caller's apartment has it, so all of it is local).
 */
export function asyncInterface(sync: Interface, iid: string, base: Interface | undefined): Interface {
  const baseSlots = base?.slots ?? 3;
  const methods: Method[] = [];
  for (const method of sync.methods) {
    if (method.opnum < 0 || method.callAs !== undefined || method.callback) continue;
    methods.push(half(method, "Begin_", baseSlots + methods.length, (param) => param.in));
    methods.push(half(method, "Finish_", baseSlots + methods.length, (param) => param.out));
  }
  return {
    ...sync,
    name: `Async${sync.name}`,
    iid,
    base,
    local: true,
    dual: false,
    oleautomation: false,
    methods,
    baseSlots,
    slots: baseSlots + methods.length,
    asyncIid: undefined,
  };
}

function half(method: Method, prefix: string, opnum: number, keeps: (param: Param) => boolean): Method {
  return {
    ...method,
    name: `${prefix}${method.name}`,
    idlName: `${prefix}${method.idlName}`,
    opnum,
    params: method.params.filter(keeps),
    invoke: "method",
    dispId: undefined,
    local: true,
    wire: undefined,
  };
}
