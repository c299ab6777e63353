import { SafeArray, VT, Variant } from "../../../automation/index.ts";
import { type IUnknown, defineClass } from "../../../com/index.ts";
import { openRuntime } from "../../index.ts";

// A local server that knows its interfaces from a registered type library alone. It serves until its input ends.
const [home = "", clsid = ""] = process.argv.slice(2);

class Shape {
  #name: string | null = "circle";
  #owner: IUnknown | null = null;

  get_Name(): string | null {
    return this.#name;
  }
  put_Name(name: string | null): void {
    this.#name = name;
  }
  Move(dx: number, dy: number, note: Variant): boolean {
    return dx === 1.5 && dy === 2 && note.vt === VT.BSTR && note.value === "far";
  }
  async Paint(
    colour: number,
    like: ({ get_Name(): Promise<string>; AddRef(): void } & IUnknown) | null,
    lcid: number,
  ): Promise<{ made: object; copy: object }> {
    const copy = new Shape();
    copy.#name = `${await like?.get_Name()} in ${colour} for ${lcid}`;
    return { made: new Shape(), copy };
  }
  Data(
    numbers: SafeArray,
    names: SafeArray,
    price: { int64: bigint },
    when: number,
    big: bigint,
  ): { names: SafeArray; result: Variant } {
    return {
      names: new SafeArray(VT.BSTR, [...(names.data as string[]), "behind"]),
      result: new Variant(VT.BSTR, `${(numbers.data as Int32Array).join()} ${price.int64} ${when} ${big}`),
    };
  }
  Many(): void {}
  Bytes(...values: readonly (number | bigint | { readonly Lo64: bigint })[]): void {
    this.#name = values.map((value) => String(typeof value === "object" ? value.Lo64 : value)).join();
  }
  Unnumbered(a: number, b: number): number {
    return a * b;
  }
  get__NewEnum(): null {
    return null;
  }
  putref_Owner(owner: (IUnknown & { AddRef(): void }) | null): void {
    owner?.AddRef();
    this.#owner = owner;
  }
  Corner(index: number): object {
    return { x: index, y: 0.25, z: Int16Array.of(1, -2, 3), label: "corner" };
  }
  First(): void {}
  Second(text: string): number {
    return text.length;
  }
  finalRelease(): void {
    this.#owner?.[Symbol.dispose]();
  }
}

const shape = defineClass({ clsid }, Shape, {
  typeLibrary: "{C0A17B1E-0000-4000-8000-00000000F001}",
  version: "1.3",
});
await using com = await openRuntime({ home });
await using _registration = await com.registerClassObject(shape);
console.log("ready");
for await (const _ of process.stdin) {
  // Nothing is said on it.
}
