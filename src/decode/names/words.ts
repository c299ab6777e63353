import { describeStatus, hex32, nameOfStatus } from "../../base/index.ts";

/** Authentication services ([MS-RPCE] 2.2.1.1.7). */
const services: Readonly<Record<number, string>> = {
  0: "none",
  1: "DCE private key",
  9: "SPNEGO",
  10: "NTLM",
  14: "Schannel",
  16: "Kerberos",
  68: "Netlogon",
};

/** Authentication levels ([MS-RPCE] 2.2.1.1.8). */
const levels: readonly string[] = ["default", "none", "connect", "call", "packet", "integrity", "privacy"];

export function serviceName(service: number): string {
  return services[service] ?? `service ${service}`;
}

export function levelName(level: number): string {
  return levels[level] ?? `level ${level}`;
}

/** Transfer syntaxes: NDR 2.0, NDR64, and the pretended one of bind-time features ([MS-RPCE] 2.2.2.14). */
export function transferSyntaxName(uuid: string): string | undefined {
  if (uuid === "8a885d04-1ceb-11c9-9fe8-08002b104860") return "NDR";
  if (uuid === "71710533-beba-4937-8319-b5dbef9ccc36") return "NDR64";
  return uuid.startsWith("6cb71c2c-9812-4540-") ? "bind-time features" : undefined;
}

/** Fault statuses of the protocol itself ([C706] appendix E, [MS-ERREF] 2.2 for the Win32 ones faults carry). */
const faults: Readonly<Record<number, string>> = {
  0x1c000001: "nca_s_fault_int_div_by_zero",
  0x1c000002: "nca_s_fault_addr_error",
  0x1c000003: "nca_s_fault_fp_div_zero",
  0x1c000004: "nca_s_fault_fp_underflow",
  0x1c000005: "nca_s_fault_fp_overflow",
  0x1c000006: "nca_s_fault_invalid_tag",
  0x1c000007: "nca_s_fault_invalid_bound",
  0x1c000008: "nca_s_rpc_version_mismatch",
  0x1c000009: "nca_s_unspec_reject",
  0x1c00000a: "nca_s_bad_actid",
  0x1c00000b: "nca_s_who_are_you_failed",
  0x1c00000c: "nca_s_manager_not_entered",
  0x1c00000d: "nca_s_fault_cancel",
  0x1c00000e: "nca_s_fault_ill_inst",
  0x1c00000f: "nca_s_fault_fp_error",
  0x1c000010: "nca_s_fault_int_overflow",
  0x1c000012: "nca_s_fault_unspec",
  0x1c000013: "nca_s_fault_remote_comm_failure",
  0x1c000014: "nca_s_fault_pipe_empty",
  0x1c000015: "nca_s_fault_pipe_closed",
  0x1c000016: "nca_s_fault_pipe_order",
  0x1c000017: "nca_s_fault_pipe_discipline",
  0x1c000018: "nca_s_fault_pipe_comm_error",
  0x1c000019: "nca_s_fault_pipe_memory",
  0x1c00001a: "nca_s_fault_context_mismatch",
  0x1c00001b: "nca_s_fault_remote_no_memory",
  0x1c00001c: "nca_s_invalid_pres_context_id",
  0x1c00001d: "nca_s_unsupported_authn_level",
  0x1c00001f: "nca_s_invalid_checksum",
  0x1c000020: "nca_s_invalid_crc",
  0x1c000021: "nca_s_fault_user_defined",
  0x1c000022: "nca_s_fault_tx_open_failed",
  0x1c000023: "nca_s_fault_codeset_conv_error",
  0x1c000024: "nca_s_fault_object_not_found",
  0x1c000025: "nca_s_fault_no_client_stub",
  0x1c010001: "nca_s_comm_failure",
  0x1c010002: "nca_s_op_rng_error",
  0x1c010003: "nca_s_unk_if",
  0x1c010006: "nca_s_wrong_boot_time",
  0x1c010009: "nca_s_you_crashed",
  0x1c01000b: "nca_s_proto_error",
  0x1c010013: "nca_s_out_args_too_big",
  0x1c010014: "nca_s_server_too_busy",
  0x1c010015: "nca_s_fault_string_too_long",
  0x1c010017: "nca_s_unsupported_type",
  0x00000005: "ERROR_ACCESS_DENIED",
  0x000006f7: "RPC_X_BAD_STUB_DATA",
  0x00000721: "RPC_S_SEC_PKG_ERROR",
  0x000006d1: "RPC_S_PROCNUM_OUT_OF_RANGE",
  0x000006be: "RPC_S_CALL_FAILED",
  0x000006bb: "RPC_S_SERVER_TOO_BUSY",
};

/** A status with its name and a sentence. */
export interface StatusText {
  readonly code: number;
  /** Symbolic name, or the code in hexadecimal digits. */
  readonly name: string;
  readonly text?: string | undefined;
}

export function statusText(code: number): StatusText {
  const status = code >>> 0;
  const name = faults[status] ?? nameOfStatus(status);
  if (name === undefined) return { code: status, name: hex32(status) };
  const text = describeStatus(status);
  return { code: status, name, text: text === name || text.startsWith("an error") ? undefined : text };
}

/** p_result_t and its reasons ([C706] 12.6.3.1, [MS-RPCE] 2.2.2.4). */
const results: readonly string[] = ["acceptance", "user_rejection", "provider_rejection", "negotiate_ack"];
const reasons: readonly string[] = [
  "reason_not_specified",
  "abstract_syntax_not_supported",
  "proposed_transfer_syntaxes_not_supported",
  "local_limit_exceeded",
];

export function resultName(result: number): string {
  return results[result] ?? `result ${result}`;
}

export function reasonName(reason: number): string {
  return reasons[reason] ?? `reason ${reason}`;
}

/** p_reject_reason_t of bind_nak ([C706] 12.6.3.1, [MS-RPCE] 2.2.2.5). */
const rejections: readonly string[] = [
  "reason_not_specified",
  "temporary_congestion",
  "local_limit_exceeded",
  "called_paddr_unknown",
  "protocol_version_not_supported",
  "default_context_not_supported",
  "user_data_not_readable",
  "no_psap_available",
  "authentication_type_not_recognized",
  "invalid_checksum",
];

export function rejectionName(reason: number): string {
  return rejections[reason] ?? `reason ${reason}`;
}
