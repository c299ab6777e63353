import { ComError, HResult, hex32, hresultFromWin32 } from "../base/index.ts";

/**
 * Fault statuses with names of their own and the Win32 error the runtime turns each into ([C706] appendix E, [MS-RPCE] 3.1.1.5.5,
 * [MS-ERREF] 2.2).
 */
const faults: readonly (readonly [status: number, name: string, win32: number])[] = [
  [0x1c000001, "nca_s_fault_int_div_by_zero", 0x6eb],
  [0x1c000002, "nca_s_fault_addr_error", 0x6ec],
  [0x1c000003, "nca_s_fault_fp_div_zero", 0x6ed],
  [0x1c000004, "nca_s_fault_fp_underflow", 0x6ee],
  [0x1c000005, "nca_s_fault_fp_overflow", 0x6ef],
  [0x1c000006, "nca_s_fault_invalid_tag", 0x6c5],
  [0x1c000007, "nca_s_fault_invalid_bound", 0x6c6],
  [0x1c000008, "nca_s_rpc_version_mismatch", 0x6c0],
  [0x1c000009, "nca_s_unspec_reject", 0x6be],
  [0x1c00000a, "nca_s_bad_actid", 0x6be],
  [0x1c00000b, "nca_s_who_are_you_failed", 0x6be],
  [0x1c00000c, "nca_s_manager_not_entered", 0x6bf],
  [0x1c00000d, "nca_s_fault_cancel", 0x71a],
  [0x1c00000e, "nca_s_fault_ill_inst", 0x6be],
  [0x1c00000f, "nca_s_fault_fp_error", 0x6ef],
  [0x1c000010, "nca_s_fault_int_overflow", 0x6eb],
  [0x1c000014, "nca_s_fault_pipe_empty", 0x77e],
  [0x1c000015, "nca_s_fault_pipe_closed", 0x77e],
  [0x1c000016, "nca_s_fault_pipe_order", 0x77f],
  [0x1c000017, "nca_s_fault_pipe_discipline", 0x77f],
  [0x1c000018, "nca_s_fault_pipe_comm_error", 0x71c],
  [0x1c000019, "nca_s_fault_pipe_memory", 0xe],
  [0x1c00001a, "nca_s_fault_context_mismatch", 0x6],
  [0x1c00001b, "nca_s_fault_remote_no_memory", 0x6bb],
  [0x1c00001c, "nca_s_invalid_pres_context_id", 0x6c0],
  [0x1c00001d, "nca_s_unsupported_authn_level", 0x6d4],
  [0x1c00001f, "nca_s_invalid_checksum", 0x721],
  [0x1c000020, "nca_s_invalid_crc", 0x721],
  [0x1c000021, "nca_s_fault_user_defined", 0x6be],
  [0x1c000022, "nca_s_fault_tx_open_failed", 0x6be],
  [0x1c000023, "nca_s_fault_codeset_conv_error", 0x6be],
  [0x1c000024, "nca_s_fault_object_not_found", 0x6af],
  [0x1c000025, "nca_s_fault_no_client_stub", 0x6be],
  [0x1c010001, "nca_s_comm_failure", 0x71c],
  [0x1c010002, "nca_s_op_rng_error", 0x6d1],
  [0x1c010003, "nca_s_unk_if", 0x6b5],
  [0x1c010006, "nca_s_wrong_boot_time", 0x6be],
  [0x1c010009, "nca_s_you_crashed", 0x6be],
  [0x1c01000b, "nca_s_proto_error", 0x6c0],
  [0x1c010013, "nca_s_out_args_too_big", 0x6bb],
  [0x1c010014, "nca_s_server_too_busy", 0x6bb],
  [0x1c010015, "nca_s_fault_string_too_long", 0x6cf],
  [0x1c010017, "nca_s_unsupported_type", 0x6c4],
  // Win32 errors that stand in faults as they are.
  [0x00000005, "ERROR_ACCESS_DENIED", 0x5],
  [0x00000006, "RPC_X_SS_CONTEXT_MISMATCH", 0x6],
  [0x0000000e, "ERROR_OUTOFMEMORY", 0xe],
  [0x000006ba, "RPC_S_SERVER_UNAVAILABLE", 0x6ba],
  [0x000006be, "RPC_S_CALL_FAILED", 0x6be],
  [0x000006bf, "RPC_S_CALL_FAILED_DNE", 0x6bf],
  [0x000006c2, "RPC_S_UNSUPPORTED_TRANS_SYN", 0x6c2],
  [0x000006d3, "RPC_S_UNKNOWN_AUTHN_SERVICE", 0x6d3],
  [0x000006d9, "EPT_S_NOT_REGISTERED", 0x6d9],
  [0x000006e4, "RPC_S_CANNOT_SUPPORT", 0x6e4],
  [0x000006f4, "RPC_X_NULL_REF_POINTER", 0x6f4],
  [0x000006f7, "RPC_X_BAD_STUB_DATA", 0x6f7],
  [0x0000071a, "RPC_S_CALL_CANCELLED", 0x71a],
  [0x00000721, "RPC_S_SEC_PKG_ERROR", 0x721],
  [0x000006bd, "RPC_S_NO_CALL_ACTIVE", 0x6bd],
];

const byStatus = new Map(faults.map((entry) => [entry[0], entry]));

/** The fault statuses our own code sends. */
export const FaultStatus = {
  accessDenied: 0x00000005,
  contextMismatch: 0x1c00001a,
  badStubData: 0x000006f7,
  secPkgError: 0x00000721,
  noCallActive: 0x000006bd,
  cancelled: 0x1c00000d,
  opnumOutOfRange: 0x1c010002,
  unknownInterface: 0x1c010003,
  protocolError: 0x1c01000b,
  serverTooBusy: 0x1c010014,
  unsupportedType: 0x1c010017,
  cannotSupport: 0x000006e4,
} as const;

/** The name of a fault status, `nca_s_...` or Win32's. */
export function nameOfFault(status: number): string | undefined {
  return byStatus.get(status >>> 0)?.[1];
}

/** The HRESULT of a fault status: nca statuses as the Windows runtime maps them, Win32 errors wrapped, HRESULTs as they are. */
export function hresultOfFault(status: number): number {
  const win32 = byStatus.get(status >>> 0)?.[2] ?? status;
  return win32 >>> 0 <= 0xffff ? hresultFromWin32(win32) : status >>> 0;
}

/** A fault received, as an error. */
export function errorOfFault(status: number, where: string, unexecuted = false): ComError {
  const name = nameOfFault(status);
  const what = name === undefined ? hex32(status) : `${name} (${hex32(status)})`;
  const again = unexecuted ? "; the call was not executed" : "";
  return new ComError(hresultOfFault(status), `the server answered with a fault: ${what}${again}`, {
    remote: true,
    where,
  });
}

const faultOfHresult = new Map<number, number>([
  [HResult.RPC_S_PROCNUM_OUT_OF_RANGE, FaultStatus.opnumOutOfRange],
  [HResult.RPC_S_UNKNOWN_IF, FaultStatus.unknownInterface],
  [HResult.RPC_S_PROTOCOL_ERROR, FaultStatus.protocolError],
  [HResult.RPC_S_SERVER_TOO_BUSY, FaultStatus.serverTooBusy],
]);

/** The status to send for an error: nca statuses for what the runtime finds, Win32 errors unwrapped, HRESULTs as they are. */
export function faultOf(error: unknown): number {
  const { code } = ComError.from(error, HResult.RPC_E_SERVERFAULT);
  const known = faultOfHresult.get(code);
  if (known !== undefined) return known;
  return code >>> 16 === 0x8007 ? code & 0xffff : code;
}
