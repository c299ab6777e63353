import type { Guid } from "../../../base/index.ts";
import {
  CATID_Marshaler,
  type CreationContext,
  type DefinedModule,
  defineClass,
  defineModule,
  proxyManagerOf,
} from "../../../com/index.ts";
import { IMarshal, type IStream } from "../../../com/gen/objidl.ts";
import { INamed, INode } from "../objects.ts";

/** A name that travels by value, and a handler that remembers a name: a module that references have loaded. */

export const valueClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00e1" as Guid;
export const handlerClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00e2" as Guid;
export const plainClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6b00e3" as Guid;

/** By value: the other side gets an object of its own. */
export class NameValue {
  static made = 0;
  name = "";
  disconnected = false;
  released = 0;

  constructor() {
    NameValue.made++;
  }

  Name(): string {
    return this.name;
  }

  Add(a: number, b: number): number {
    return a + b;
  }

  GetUnmarshalClass(): Guid {
    return valueClsid;
  }

  GetMarshalSizeMax(): number {
    return 256;
  }

  MarshalInterface(stream: IStream): void {
    const bytes = Buffer.from(this.name);
    void stream.Write(bytes, bytes.length);
  }

  async UnmarshalInterface(stream: IStream): Promise<this> {
    const { pv } = await stream.Read(1000);
    this.name = Buffer.from(pv).toString();
    return this;
  }

  ReleaseMarshalData(): void {
    this.released++;
  }

  DisconnectObject(): void {
    this.disconnected = true;
  }
}

/** In front of a name elsewhere: asks once. */
export class NameHandler {
  asked = 0;
  #name: Promise<string> | undefined;

  constructor(_context?: CreationContext) {
    proxyManagerOf(this);
  }

  Name(): Promise<string> {
    return (this.#name ??= this.#ask());
  }

  async #ask(): Promise<string> {
    this.asked++;
    using named = await proxyManagerOf(this).queryInterface(INamed);
    return `${await named.Name()} (remembered)`;
  }
}

class Plain {
  Name(): string {
    return "plain";
  }
}

const module: DefinedModule = defineModule({
  classes: [
    defineClass({ clsid: valueClsid, interfaces: [INamed, INode, IMarshal] }, NameValue, {
      categories: [CATID_Marshaler],
    }),
    defineClass({ clsid: handlerClsid, interfaces: [INamed] }, NameHandler),
    defineClass({ clsid: plainClsid, interfaces: [INamed] }, Plain),
  ],
});

export default module;
