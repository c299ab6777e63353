/**
 * HRESULTs by name: the codes our own code raises or tests. The whole table (every well-known name) stands in
 * `statusTable`; unlisted codes are numbers like any other. ([MS-ERREF] 2.1)
 */
export const HResult = {
  S_OK: 0x00000000,
  S_FALSE: 0x00000001,
  E_NOTIMPL: 0x80004001,
  E_NOINTERFACE: 0x80004002,
  E_POINTER: 0x80004003,
  E_ABORT: 0x80004004,
  E_FAIL: 0x80004005,
  E_UNEXPECTED: 0x8000ffff,
  E_ACCESSDENIED: 0x80070005,
  E_HANDLE: 0x80070006,
  E_OUTOFMEMORY: 0x8007000e,
  E_INVALIDARG: 0x80070057,
  ERROR_FILE_NOT_FOUND: 0x80070002,
  ERROR_ALREADY_EXISTS: 0x800700b7,
  ERROR_NOT_SUPPORTED: 0x80070032,
  ERROR_LOGON_FAILURE: 0x8007052e,
  RPC_S_INVALID_STRING_BINDING: 0x800706a4,
  RPC_S_INVALID_BINDING: 0x800706a6,
  RPC_S_PROTSEQ_NOT_SUPPORTED: 0x800706a7,
  RPC_S_UNKNOWN_IF: 0x800706b5,
  RPC_S_SERVER_UNAVAILABLE: 0x800706ba,
  RPC_S_SERVER_TOO_BUSY: 0x800706bb,
  RPC_S_CALL_FAILED: 0x800706be,
  RPC_S_CALL_FAILED_DNE: 0x800706bf,
  RPC_S_PROTOCOL_ERROR: 0x800706c0,
  RPC_S_UNSUPPORTED_TRANS_SYN: 0x800706c2,
  RPC_S_UNKNOWN_AUTHN_SERVICE: 0x800706d3,
  RPC_S_UNKNOWN_AUTHN_LEVEL: 0x800706d4,
  RPC_S_PROCNUM_OUT_OF_RANGE: 0x800706d1,
  EPT_S_NOT_REGISTERED: 0x800706d9,
  RPC_S_SEC_PKG_ERROR: 0x80070721,
  RPC_X_NULL_REF_POINTER: 0x800706f4,
  RPC_X_BAD_STUB_DATA: 0x800706f7,
  RPC_E_CALL_REJECTED: 0x80010001,
  RPC_E_CALL_CANCELED: 0x80010002,
  RPC_E_CONNECTION_TERMINATED: 0x80010006,
  RPC_E_SERVER_DIED: 0x80010007,
  RPC_E_INVALID_DATA: 0x8001000f,
  RPC_E_SERVERFAULT: 0x80010105,
  RPC_E_CHANGED_MODE: 0x80010106,
  RPC_E_INVALIDMETHOD: 0x80010107,
  RPC_E_DISCONNECTED: 0x80010108,
  RPC_E_WRONG_THREAD: 0x8001010e,
  RPC_E_VERSION_MISMATCH: 0x80010110,
  RPC_E_INVALID_HEADER: 0x80010111,
  RPC_E_INVALID_IPID: 0x80010113,
  RPC_E_INVALID_OBJECT: 0x80010114,
  RPC_E_ACCESS_DENIED: 0x8001011b,
  RPC_E_TIMEOUT: 0x8001011f,
  RPC_E_INVALID_OBJREF: 0x8001011d,
  DISP_E_UNKNOWNINTERFACE: 0x80020001,
  DISP_E_MEMBERNOTFOUND: 0x80020003,
  DISP_E_PARAMNOTFOUND: 0x80020004,
  DISP_E_TYPEMISMATCH: 0x80020005,
  DISP_E_UNKNOWNNAME: 0x80020006,
  DISP_E_NONAMEDARGS: 0x80020007,
  DISP_E_BADVARTYPE: 0x80020008,
  DISP_E_EXCEPTION: 0x80020009,
  DISP_E_OVERFLOW: 0x8002000a,
  DISP_E_BADINDEX: 0x8002000b,
  DISP_E_UNKNOWNLCID: 0x8002000c,
  DISP_E_BADPARAMCOUNT: 0x8002000e,
  DISP_E_PARAMNOTOPTIONAL: 0x8002000f,
  CLASS_E_NOAGGREGATION: 0x80040110,
  CLASS_E_CLASSNOTAVAILABLE: 0x80040111,
  CLASS_E_NOTLICENSED: 0x80040112,
  REGDB_E_CLASSNOTREG: 0x80040154,
  REGDB_E_IIDNOTREG: 0x80040155,
  CO_E_NOTINITIALIZED: 0x800401f0,
  CO_E_ALREADYINITIALIZED: 0x800401f1,
  CO_E_CLASSSTRING: 0x800401f3,
  CO_E_IIDSTRING: 0x800401f4,
  CO_E_APPNOTFOUND: 0x800401f5,
  CO_E_DLLNOTFOUND: 0x800401f8,
  CO_E_OBJNOTREG: 0x800401fb,
  CO_E_OBJISREG: 0x800401fc,
  CO_E_OBJNOTCONNECTED: 0x800401fd,
  CO_E_SERVER_EXEC_FAILURE: 0x80080005,
  CO_E_SERVER_STOPPING: 0x80080008,
} as const;

/** True for success codes, S_OK and S_FALSE among them. */
export function succeeded(code: number): boolean {
  return code >>> 31 === 0;
}

/** True for failure codes. */
export function failed(code: number): boolean {
  return code >>> 31 === 1;
}

/** Facility of an HRESULT (bits 16 to 26). */
export function facilityOf(code: number): number {
  return (code >>> 16) & 0x7ff;
}

/** Builds a code of one's own: severity 1, the facility, the 16-bit number (MAKE_HRESULT). */
export function makeHResult(facility: number, code: number, severity: 0 | 1 = 1): number {
  return ((severity << 31) | ((facility & 0x7ff) << 16) | (code & 0xffff)) >>> 0;
}

/** A Win32 error as an HRESULT (HRESULT_FROM_WIN32). */
export function hresultFromWin32(error: number): number {
  return error === 0 || error >>> 31 === 1 ? error >>> 0 : (0x80070000 | (error & 0xffff)) >>> 0;
}

/** Eight hexadecimal digits with 0x. */
export function hex32(code: number): string {
  return `0x${(code >>> 0).toString(16).toUpperCase().padStart(8, "0")}`;
}

const names = new Map<number, string>(Object.entries(HResult).map(([name, code]) => [code, name]));

/** The symbolic name of a status, if it has one. */
export function nameOfStatus(code: number): string | undefined {
  return names.get(code >>> 0);
}

/** A sentence for a status. */
export function describeStatus(code: number): string {
  return nameOfStatus(code) ?? "an error without a known name";
}
