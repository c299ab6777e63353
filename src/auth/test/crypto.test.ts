import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex, toHex } from "../../base/index.ts";
import { des, desl } from "../crypto/des.ts";
import { SequencedHmacMd5, hmacMd5, md5 } from "../crypto/hmac-md5.ts";
import { md4 } from "../crypto/md4.ts";
import { Rc4, rc4 } from "../crypto/rc4.ts";

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

test("MD4: the test suite of RFC 1320", () => {
  const suite: Readonly<Record<string, string>> = {
    "": "31d6cfe0d16ae931b73c59d7e0c089c0",
    a: "bde52cb31de33e46245e05fbdbd6fb24",
    abc: "a448017aaf21d8525fc10ae87aa6729d",
    "message digest": "d9130a8164549fe818874806e1c7014b",
    abcdefghijklmnopqrstuvwxyz: "d79e1c308aa5bbcdeea8ed63df412da9",
    ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: "043f8582f241db351ce627e153e7f0e4",
    ["1234567890".repeat(8)]: "e33b4ddc9c38f2199c3e7b164fcc0536",
  };
  for (const [message, digest] of Object.entries(suite)) assert.equal(toHex(md4(ascii(message))), digest);
});

test("RC4: key streams of RFC 6229", () => {
  const streams: Readonly<Record<string, string>> = {
    "0102030405": "b2396305f03dc027ccc3524a0a1118a8",
    "01020304050607": "293f02d47f37c9b633f2af5285feb46b",
    "0102030405060708090a0b0c0d0e0f10": "9ac7cc9a609d1ef7b2932899cde41b97",
  };
  for (const [key, stream] of Object.entries(streams)) {
    assert.equal(toHex(rc4(fromHex(key), new Uint8Array(16))), stream);
  }
  assert.equal(toHex(rc4(ascii("Key"), ascii("Plaintext"))), "bbf316e8d940af0ad3");
  assert.equal(toHex(rc4(ascii("Wiki"), ascii("pedia"))), "1021bf0420");
  assert.equal(toHex(rc4(ascii("Secret"), ascii("Attack at dawn"))), "45a01f645fc35b383552544b9bf5");
});

test("RC4: pieces continue one stream, reset starts it anew, nothing outside the range changes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 32 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      (key, sizes) => {
        const whole = new Uint8Array(sizes.reduce((sum, n) => sum + n, 0));
        new Rc4(key).apply(whole, 0, whole.length);
        const cipher = new Rc4(key);
        for (let round = 0; round < 2; round++) {
          const pieces: Uint8Array[] = sizes.map((size) => {
            const padded = new Uint8Array(size + 4);
            cipher.apply(padded, 2, size + 2);
            assert.deepEqual([padded[0], padded[1], padded[size + 2], padded[size + 3]], [0, 0, 0, 0]);
            return padded.subarray(2, size + 2);
          });
          assert.deepEqual(new Uint8Array(Buffer.concat(pieces)), whole);
          cipher.reset();
        }
      },
    ),
  );
});

test("HMAC-MD5: RFC 2202, and the packet form against the platform's at every length", () => {
  assert.equal(
    toHex(hmacMd5(new Uint8Array(16).fill(0x0b), ascii("Hi There"))),
    "9294727a3638bb1c13f48ef8158bfc9d",
  );
  assert.equal(
    toHex(hmacMd5(ascii("Jefe"), ascii("what do ya "), ascii("want for nothing?"))),
    "750c783e6ab0b503eaa86e310a5db738",
  );
  assert.equal(toHex(md5(ascii("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
  const key = new Uint8Array(16).map((_, i) => i * 11);
  const mac = new SequencedHmacMd5(key);
  const data = new Uint8Array(20_000).map((_, i) => i * 7);
  for (const length of [...Array(300).keys(), 4095, 8191, 8192, 8193, 16_000]) {
    const sequence = (length * 0x01234567) >>> 0;
    const head = Buffer.alloc(4);
    head.writeUInt32LE(sequence);
    const expected = createHmac("md5", key)
      .update(head)
      .update(data.subarray(3, 3 + length))
      .digest();
    mac.compute(sequence, data.subarray(1), 2, 2 + length);
    assert.equal(toHex(mac.checksum), toHex(expected.subarray(0, 8)), `length ${length}`);
  }
});

test("DES: FIPS 81 and the keys of LAN Manager", () => {
  // Seven key bytes that spread to 0123456789abcdef without its parity bits; the plaintext of FIPS 81 table B1.
  assert.equal(toHex(des(fromHex("00451338957377"), ascii("Now is t"))), "3fa40e8a984d4815");
  assert.equal(toHex(des(ascii("PASSWOR"), ascii("KGS!@#$%"))), "e52cac67419a9a22");
  assert.equal(
    toHex(desl(fromHex("a4f49c406510bdcab6824ee7c30fd852"), fromHex("0123456789abcdef"))),
    "67c43011f30298a2ad35ece64f16331c44bdbed927841f94",
  );
});
