export {
  type Guid,
  GUID_NULL,
  formatGuid,
  guid,
  guidFromBytes,
  guidToBytes,
  newGuid,
  newSequentialGuid,
  parseGuid,
  tryParseGuid,
} from "./guid.ts";
export { HResult, facilityOf, failed, hex32, hresultFromWin32, makeHResult, succeeded } from "./hresult.ts";
export { describeStatus, formatStatus, nameOfFacility, nameOfStatus, statusOfName } from "./status.ts";
export { ComError, type ComErrorOptions, type ErrorInfo } from "./error.ts";
export { type Limits, defaultLimits } from "./limits.ts";
export {
  FILETIME_OF_1970,
  type FiletimeParts,
  filetimeOf,
  joinFiletime,
  millisecondsOfFiletime,
  splitFiletime,
} from "./filetime.ts";
export { type Clock, ManualClock, systemClock } from "./clock.ts";
export { type Logger, silentLogger } from "./logger.ts";
export { type QuietOptions, quietLogger } from "./quiet-logger.ts";
export { ByteReader, ByteWriter, bytesEqual, decodeUtf16, fromHex, toHex } from "./bytes.ts";
