import { describeStatus, hex32, nameOfStatus } from "../../base/index.ts";
import { authnLevelName } from "../auth.ts";
import { nameOfFault } from "../rpc.ts";

/** Authentication services ([MS-RPCE] 2.2.1.1.7). */
const services: Readonly<Record<number, string>> = {
  0: "none",
  1: "DCE private key",
  9: "SPNEGO",
  10: "NTLM",
  14: "Schannel",
  16: "Kerberos",
  17: "DPA",
  18: "MSN",
  20: "kernel",
  21: "Digest",
  30: "NegoExtender",
  31: "PKU2U",
  32: "Live",
  36: "CloudAP",
  68: "Netlogon",
  100: "MSMQ",
};

export function serviceName(service: number): string {
  return services[service] ?? `service ${service}`;
}

/** Authentication levels ([MS-RPCE] 2.2.1.1.8); 0 leaves the choice to the machine. */
export function levelName(level: number): string {
  return level === 0 ? "default" : authnLevelName(level);
}

/** Transfer syntaxes: NDR 2.0, NDR64, and the pretended one of bind-time features ([MS-RPCE] 2.2.2.14). */
export function transferSyntaxName(uuid: string): string | undefined {
  if (uuid === "8a885d04-1ceb-11c9-9fe8-08002b104860") return "NDR";
  if (uuid === "71710533-beba-4937-8319-b5dbef9ccc36") return "NDR64";
  return uuid.startsWith("6cb71c2c-9812-4540-") ? "bind-time features" : undefined;
}

/** A status with its name and a sentence. */
export interface StatusText {
  readonly code: number;
  /** Symbolic name, or the code in hexadecimal digits. */
  readonly name: string;
  readonly text?: string | undefined;
}

export function statusText(code: number): StatusText {
  const status = code >>> 0;
  const name = nameOfFault(status) ?? nameOfStatus(status);
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
