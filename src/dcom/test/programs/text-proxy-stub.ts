import type { Guid } from "../../../base/index.ts";
import { ComError, HResult } from "../../../base/index.ts";
import { type ComModule, type IUnknown, type RpcMessage, implement, pointerTo } from "../../../com/index.ts";
import { IPSFactoryBuffer, type IRpcChannelBuffer } from "../../../com/gen/objidl.ts";
import { INamed } from "../objects.ts";

/** A proxy and a stub that speak in words: a module as ProxyStubClsid32 names one. */

export const textClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00f0" as Guid;

export class TextProxyStub {
  static readonly log: string[] = [];

  CreateProxy(_outer: IUnknown | null, riid: Guid): { ppProxy: TextProxy; ppv: object } {
    if (riid !== INamed.iid) throw new ComError(HResult.E_NOINTERFACE);
    const proxy = new TextProxy();
    return { ppProxy: proxy, ppv: proxy };
  }

  CreateStub(_riid: Guid, server: IUnknown | null): TextStub {
    const stub = new TextStub();
    stub.Connect(server);
    return stub;
  }
}
implement(TextProxyStub, IPSFactoryBuffer);

class TextProxy {
  #channel: IRpcChannelBuffer | undefined;

  Connect(channel: IRpcChannelBuffer): void {
    TextProxyStub.log.push("proxy connected");
    this.#channel = channel;
  }

  Disconnect(): void {
    TextProxyStub.log.push("proxy disconnected");
    this.#channel = undefined;
  }

  async Name(): Promise<string> {
    const message: RpcMessage = { iMethod: 3, buffer: Buffer.from("name") };
    await this.#channel?.SendReceive(message);
    return `${Buffer.from(message.buffer).toString()}, says the proxy`;
  }
}

class TextStub {
  #server: INamed | undefined;

  Connect(server: IUnknown | null): void {
    TextProxyStub.log.push("stub connected");
    this.#server = server?.QueryInterface(INamed) as INamed;
  }

  Disconnect(): void {
    TextProxyStub.log.push("stub disconnected");
    this.#server?.Release();
  }

  async Invoke(message: RpcMessage): Promise<RpcMessage> {
    TextProxyStub.log.push(`asked for ${Buffer.from(message.buffer).toString()}`);
    const name = (await this.#server?.Name()) ?? "";
    TextProxyStub.log.push(`answered ${name}`);
    message.buffer = Buffer.from(name);
    return message;
  }
}

const module: ComModule = {
  DllGetClassObject: (_clsid, _iid, runtime) => pointerTo(new TextProxyStub(), IPSFactoryBuffer, runtime),
  DllCanUnloadNow: () => 1,
};

export default module;
