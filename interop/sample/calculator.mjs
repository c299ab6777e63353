/*
 * A calculator that scripts can use (IDispatch), written without the IDL compiler so that this folder needs nothing built but the package:
 * the class, its module, and the runtime its processes open.
 */
import { FileAccountStore, ntlmServer, spnegoServer } from "../../dist/auth/index.js";
import { ComError } from "../../dist/base/index.js";
import {
  IDispatch,
  TypeLibraries,
  automationProviders,
  typeInfoSource,
} from "../../dist/automation/index.js";
import { Runtime, defineClass, defineModule } from "../../dist/com/index.js";
import { LocalMachine, createRemoting } from "../../dist/dcom/index.js";
import { f64, hresult, i32, ref } from "../../dist/ndr/codegen/v1.js";
import { defineInterface } from "../../dist/ndr/index.js";
import { automationClass } from "./automation.mjs";

export const CLSID = "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e0f";
export const progId = "Comity.Calculator.1";

const input = (name, type) => ({ name, type, in: true, out: false });
const result = (name, type) => ({ name, type: ref(type), in: false, out: true, retval: true });

export const ICalculator = defineInterface({
  name: "ICalculator",
  iid: "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e02",
  dual: true,
  base: () => IDispatch,
  methods: () => [
    {
      name: "Add",
      opnum: 7,
      dispId: 1,
      params: [input("a", i32), input("b", i32), result("sum", i32)],
      returns: hresult,
    },
    {
      name: "Divide",
      opnum: 8,
      dispId: 2,
      params: [input("a", f64), input("b", f64), result("quotient", f64)],
      returns: hresult,
    },
    { name: "Process", opnum: 9, dispId: 3, params: [result("pid", i32)], returns: hresult },
  ],
});

class Calculator {
  Add(a, b) {
    return a + b;
  }
  Divide(a, b) {
    if (b === 0) throw new ComError(0x80040201, "division by zero", { source: progId });
    return a / b;
  }
  Process() {
    return process.pid;
  }
}

/** The class that smbtorture activates: on Windows an image document. It wants nothing but IUnknown. */
const CLSID_IMAGEDOC = "02b01c80-e03d-101a-b294-00dd010f2bf9";

class Document {
  finalRelease() {}
}

const module = defineModule({
  name: "interop sample",
  classes: [
    defineClass({ clsid: CLSID, name: "Sample calculator", progId, interfaces: [ICalculator] }, Calculator),
    defineClass({ clsid: CLSID_IMAGEDOC, name: "Sample document" }, Document),
    automationClass,
  ],
});

export default module;

/** Who may log on to a machine: NTLM, bare and inside SPNEGO. */
export function mechanismsOf(home, machineName) {
  const ntlm = ntlmServer({ accounts: new FileAccountStore(home, machineName), machineName });
  return [spnegoServer([ntlm]), ntlm];
}

/** A runtime of a process of the machine in `home`. */
export function openRuntime(home, address, options = {}) {
  return Runtime.open({
    home,
    providers: automationProviders(typeInfoSource(new TypeLibraries())),
    remoting: (runtime) =>
      createRemoting({
        runtime,
        machine: new LocalMachine({ home }),
        mechanisms: mechanismsOf(home, "COMITY"),
        listen: [
          { protseq: "ncalrpc", endpoint: "" },
          { protseq: "ncacn_ip_tcp", host: address, endpoint: "" },
        ],
        ...options,
      }),
  });
}
