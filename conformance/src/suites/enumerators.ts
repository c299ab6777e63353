import assert from "node:assert/strict";
import { IEnumVARIANT } from "comity/automation";
import { IDataObject } from "comity/interfaces/dataobj";
import { IConnectionPointContainer } from "comity/interfaces/ocidl";
import { SuiteData, SuiteLate, SuiteTicker } from "../gen/suites.js";
import { enumeratorSuite } from "./enumerator.js";
import type { Suite } from "./suite.js";

export const enumeratorSuites: readonly Suite[] = [
  enumeratorSuite("IEnumVARIANT", {
    elements: 3,
    async make({ create }) {
      using late = await create(SuiteLate);
      using items = await late.get__NewEnum();
      assert.ok(items !== null);
      return items.QueryInterface(IEnumVARIANT);
    },
    async next(one, count, status) {
      const { rgVar } = await one.Next(count, status && { status });
      return rgVar.map((variant) => variant.toJs());
    },
  }),
  enumeratorSuite("IEnumConnectionPoints", {
    elements: 2,
    async make({ create }) {
      using ticker = await create(SuiteTicker);
      using container = await ticker.QueryInterface(IConnectionPointContainer);
      const one = await container.EnumConnectionPoints();
      assert.ok(one !== null);
      return one;
    },
    async next(one, count, status) {
      const { ppCP } = await one.Next(count, status && { status });
      const iids = await Promise.all(ppCP.map(async (point) => point?.GetConnectionInterface()));
      for (const point of ppCP) point?.[Symbol.dispose]();
      return iids;
    },
  }),
  enumeratorSuite("IEnumFORMATETC", {
    elements: 4,
    async make({ create }) {
      using data = await create(SuiteData, IDataObject);
      const one = await data.EnumFormatEtc(1);
      assert.ok(one !== null);
      return one;
    },
    async next(one, count, status) {
      const { rgelt } = await one.Next(count, status && { status });
      return rgelt;
    },
  }),
];
