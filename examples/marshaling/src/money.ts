import type { Guid } from "comity";
import { CATID_Marshaler, type DefinedModule, type Implements, defineClass, defineModule } from "comity/com";
import { IMarshal, type IStream } from "comity/interfaces/objidl";
import { moneyClsid } from "./clsids.js";
import { IMoney } from "./gen/marshaling.js";

/**
 * An amount never changes, so nobody needs to call it far away: it travels by value. IMarshal writes it into the reference, and the same class reads it
 * on the other side, where an object of its own answers.
 */
export class Money implements Implements<IMoney> {
  cents: number;
  currency: string;

  constructor(_context?: unknown, cents = 0, currency = "EUR") {
    this.cents = cents;
    this.currency = currency;
  }

  Amount(): number {
    return this.cents;
  }

  Currency(): string {
    return this.currency;
  }

  GetUnmarshalClass(): Guid {
    return moneyClsid;
  }

  GetMarshalSizeMax(): number {
    return 64;
  }

  async MarshalInterface(stream: IStream): Promise<void> {
    const bytes = Buffer.from(JSON.stringify([this.cents, this.currency]));
    await stream.Write(bytes, bytes.length);
  }

  async UnmarshalInterface(stream: IStream): Promise<this> {
    const { pv } = await stream.Read(64);
    const [cents, currency] = JSON.parse(Buffer.from(pv).toString()) as unknown[];
    this.cents = Number(cents);
    this.currency = String(currency);
    return this;
  }

  ReleaseMarshalData(): void {}

  DisconnectObject(): void {}
}

/** Of the category of marshalers: without it no reference could have one made. */
const module: DefinedModule = defineModule({
  classes: [
    defineClass({ clsid: moneyClsid, interfaces: [IMoney, IMarshal] }, Money, {
      categories: [CATID_Marshaler],
    }),
  ],
});

export default module;
