import { ByteWriter } from "../../base/index.ts";
import { md5 } from "../crypto/hmac-md5.ts";

/**
 * The value of MsvAvChannelBindings: MD5 of a gss_channel_bindings_struct without addresses ([MS-NLMP] 2.2.2.1,
 * RFC 2744 3.11). `applicationData` is "tls-server-end-point:" and the certificate's hash (RFC 5929 4.1).
 */
export function channelBindingHash(applicationData: Uint8Array): Uint8Array {
  const out = new ByteWriter(32 + applicationData.length);
  out.zeros(16); // no initiator and no acceptor address: two types, two lengths
  out.u32(applicationData.length);
  out.raw(applicationData);
  return md5(out.written());
}
