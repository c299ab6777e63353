import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { type ComModule, LayeredProxyStub, type MessageLayer, pointerTo } from "comity/com";
import { IPSFactoryBuffer } from "comity/interfaces/objidl";

/** The most a message may become when it is read: a small one that grows without end must not fill the memory. */
const longest = 8 * 1024 * 1024;

export const compression: MessageLayer = {
  name: "compression",
  encode: (bytes) => deflateRawSync(bytes),
  decode: (bytes) => inflateRawSync(bytes, { maxOutputLength: longest }),
};

/** Seals every message with a key that both sides have: nonce, ciphertext, tag. */
export function encryption(secret: string): MessageLayer {
  const key = scryptSync(secret, "comity example", 32);
  return {
    name: "encryption",
    encode(bytes) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = [cipher.update(bytes), cipher.final()];
      return Buffer.concat([nonce, ...body, cipher.getAuthTag()]);
    },
    decode(bytes) {
      const opened = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12));
      opened.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([opened.update(bytes.subarray(12, -16)), opened.final()]);
    },
  };
}

/** The class that ProxyStubClsid32 of IArchive names: the standard proxies, and below them first compression, then encryption. */
const module: ComModule = {
  DllGetClassObject(_clsid, _iid, runtime) {
    const secret = process.env["EXAMPLE_SECRET"] ?? "only an example";
    return pointerTo(new LayeredProxyStub(compression, encryption(secret)), IPSFactoryBuffer, runtime);
  },
  DllCanUnloadNow: () => 1,
};

export default module;
