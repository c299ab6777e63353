import { type ComModule, type IUnknown, type RpcMessage, pointerTo } from "comity/com";
import { IPSFactoryBuffer, type IRpcChannelBuffer } from "comity/interfaces/objidl";
import { IEcho } from "./gen/marshaling.js";

/** The proxy: has the interface's methods, makes a message of each call, sends it through the channel it is connected to. */
class JsonEchoProxy {
  #channel: IRpcChannelBuffer | undefined;

  Connect(channel: IRpcChannelBuffer): void {
    this.#channel = channel;
  }

  Disconnect(): void {
    this.#channel = undefined;
  }

  async Say(text: string): Promise<string> {
    const message: RpcMessage = { iMethod: 3, buffer: Buffer.from(JSON.stringify({ say: text })) };
    await this.#channel?.SendReceive(message);
    return (JSON.parse(Buffer.from(message.buffer).toString()) as { answer: string }).answer;
  }
}

/** The stub: makes calls of messages. */
class JsonEchoStub {
  #object: IEcho | undefined;

  Connect(server: IUnknown): void {
    this.#object = server.QueryInterface(IEcho) as IEcho;
  }

  Disconnect(): void {
    this.#object?.Release();
  }

  async Invoke(message: RpcMessage): Promise<RpcMessage> {
    const { say } = JSON.parse(Buffer.from(message.buffer).toString()) as { say: string };
    const answer = await this.#object?.Say(say);
    message.buffer = Buffer.from(JSON.stringify({ answer }));
    return message;
  }
}

/** Makes both (IPSFactoryBuffer). */
class JsonProxyStubs {
  static readonly interfaces: readonly unknown[] = [IPSFactoryBuffer];

  CreateProxy(): { ppProxy: JsonEchoProxy; ppv: JsonEchoProxy } {
    const proxy = new JsonEchoProxy();
    return { ppProxy: proxy, ppv: proxy };
  }

  CreateStub(_riid: string, server: IUnknown): JsonEchoStub {
    const stub = new JsonEchoStub();
    stub.Connect(server);
    return stub;
  }
}

const module: ComModule = {
  DllGetClassObject: (_clsid, _iid, runtime) => pointerTo(new JsonProxyStubs(), IPSFactoryBuffer, runtime),
  DllCanUnloadNow: () => 1,
};

export default module;
