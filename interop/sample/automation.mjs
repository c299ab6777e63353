/*
 * An object with everything a script may want to use: named and default arguments, by-reference ones, properties with parameters, a collection, errors.
 * Written without the IDL compiler, as the calculator is.
 */
import { ComError } from "../../dist/base/index.js";
import { IDispatch } from "../../dist/automation/index.js";
import { LPSAFEARRAY, VARIANT } from "../../dist/automation/gen/oaidl.js";
import { BSTR } from "../../dist/com/gen/wtypes.js";
import { defineClass } from "../../dist/com/index.js";
import { f64, hresult, i32, ref } from "../../dist/ndr/codegen/v1.js";
import { defineInterface } from "../../dist/ndr/index.js";

export const CLSID = "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e20";

const input = (name, type, extra = {}) => ({ name, type, in: true, out: false, ...extra });
const both = (name, type) => ({ name, type: ref(type), in: true, out: true });
const result = (type) => ({ name: "result", type: ref(type), in: false, out: true, retval: true });
const returns = hresult;

const ISample = defineInterface({
  name: "ISample",
  iid: "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e21",
  dual: true,
  base: () => IDispatch,
  methods: () => [
    { name: "Echo", opnum: 7, dispId: 1, params: [input("value", VARIANT), result(VARIANT)], returns },
    { name: "Swap", opnum: 8, dispId: 2, params: [both("a", i32), both("b", i32)], returns },
    {
      name: "Describe",
      opnum: 9,
      dispId: 3,
      params: [
        input("text", BSTR),
        input("count", i32, { optional: true, defaultValue: 7 }),
        input("mark", BSTR, { optional: true, defaultValue: "!" }),
        result(BSTR),
      ],
      returns,
    },
    { name: "Sum", opnum: 10, dispId: 4, params: [input("numbers", VARIANT), result(f64)], returns },
    {
      name: "get_Cell",
      opnum: 11,
      dispId: 0,
      invoke: "get",
      params: [input("row", i32), input("column", i32), result(VARIANT)],
      returns,
    },
    {
      name: "put_Cell",
      opnum: 12,
      dispId: 0,
      invoke: "put",
      params: [input("row", i32), input("column", i32), input("value", VARIANT)],
      returns,
    },
    { name: "Fail", opnum: 13, dispId: 5, params: [input("code", i32)], returns },
    {
      name: "Log",
      opnum: 14,
      dispId: 6,
      vararg: true,
      params: [input("level", i32), input("rest", LPSAFEARRAY), result(BSTR)],
      returns,
    },
  ],
});

class Sample {
  #cells = new Map();
  Echo(value) {
    return value;
  }
  Swap(a, b) {
    return { a: b, b: a };
  }
  Describe(text, count, mark) {
    return `${text} ${count}${mark}`;
  }
  Sum(numbers) {
    return [...numbers.toJs()].reduce((sum, one) => sum + Number(one), 0);
  }
  get_Cell(row, column) {
    return this.#cells.get(`${row},${column}`);
  }
  put_Cell(row, column, value) {
    this.#cells.set(`${row},${column}`, value);
  }
  Fail(code) {
    throw new ComError(code >>> 0, "it failed", {
      source: "Interop.Sample",
      helpFile: "help.chm",
      helpContext: 12,
    });
  }
  Log(level, rest) {
    return `${level}: ${rest.data.map((one) => String(one.toJs())).join(" ")}`;
  }
  *[Symbol.iterator]() {
    yield "one";
    yield 2;
    yield 3.5;
  }
}

export const automationClass = defineClass(
  { clsid: CLSID, name: "Sample for scripts", interfaces: [ISample] },
  Sample,
);
