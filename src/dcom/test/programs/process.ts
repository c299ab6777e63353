import { type Credentials, type ServerMechanism, ntHash, ntlmServer } from "../../../auth/index.ts";
import { Runtime } from "../../../com/index.ts";
import { type DcomRemoting, type RemotingOptions, createRemoting } from "../../remoting.ts";
import { LocalMachine } from "../../scm/local-machine.ts";

const account = { name: "ann", ntHash: ntHash("Secret1!") };
export const mechanisms: readonly ServerMechanism[] = [
  ntlmServer({ accounts: { lookup: () => account }, machineName: "TEST" }),
];
export const credentials: Credentials = { user: "ann", password: "Secret1!", domain: "DOM" };

/** One process of a machine, as far as DCOM can tell. */
export interface Process extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly remoting: DcomRemoting;
}

/** A runtime with a way out; a test may have several. */
export async function openProcess(home: string, options: Partial<RemotingOptions> = {}): Promise<Process> {
  const opened: { remoting?: DcomRemoting } = {};
  const runtime = await Runtime.open({
    home,
    remoting: async (opening) => {
      opened.remoting = await createRemoting({
        runtime: opening,
        machine: new LocalMachine({ home }),
        mechanisms,
        ...options,
      });
      return opened.remoting;
    },
  });
  const { remoting } = opened;
  if (remoting === undefined) throw new Error("the runtime opened without remoting");
  return { runtime, remoting, [Symbol.asyncDispose]: () => runtime.close() };
}
