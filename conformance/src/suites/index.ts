import { aggregateSuite, callObjectSuite } from "./aggregates.js";
import { classFactory2Suite, classFactorySuite } from "./class-factory.js";
import { connectionPointSuite } from "./connection-point.js";
import { dataObjectSuite } from "./data-object.js";
import { dispatchSuite } from "./dispatch.js";
import { enumeratorSuites } from "./enumerators.js";
import { errorInfoSuite } from "./error-info.js";
import { storageSuites } from "./storage.js";
import { nameSuites } from "./names.js";
import type { Suite } from "./suite.js";
import { unknownSuite } from "./unknown.js";

/** Every suite, run over every distance. Add yours here. */
export const suites: readonly Suite[] = [
  unknownSuite,
  aggregateSuite,
  callObjectSuite,
  classFactorySuite,
  classFactory2Suite,
  dispatchSuite,
  errorInfoSuite,
  connectionPointSuite,
  ...enumeratorSuites,
  dataObjectSuite,
  ...nameSuites,
  ...storageSuites,
];
