import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("../../../conformance/captures/", import.meta.url);

/** The bytes of a capture file. */
export function capture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(name, folder))));
}

export const A1 = "A1_mmc20_idispatch_itypeinfo_integrity.pcap";
export const A4 = "A4_ie_dllhijack_dcom_ntlm_krb_integrity.cap";
export const B3 = "B3_wmi_execmethod_sealed.cap";
export const C1 = "C1_zeek_kerberos135_auth.pcapng";

/** The OBJREFs of a capture that lie whole within one frame: found by MEOW behind an MInterfacePointer's two equal counts. */
export function objrefsOf(name: string): Uint8Array[] {
  const bytes = capture(name);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const list: Uint8Array[] = [];
  for (let at = 8; at + 24 < bytes.length; at++) {
    if (view.getUint32(at, true) !== 0x574f454d) continue;
    const size = view.getUint32(at - 4, true);
    if (size === view.getUint32(at - 8, true) && size < 1400) list.push(bytes.slice(at, at + size));
  }
  return list;
}
