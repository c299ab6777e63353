import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ComError, HResult, fromHex, toHex } from "../../base/index.ts";
import {
  type Caller,
  type SecurityDescriptor,
  decodeSecurityDescriptor,
  encodeSecurityDescriptor,
  formatSddl,
  grantedRights,
  machineOwner,
  parseSddl,
} from "../index.ts";
import { withCode } from "./support.ts";

/** Text and the bytes that Samba 4.17's security.descriptor.from_sddl makes of it. */
const samba: readonly (readonly [string, string])[] = [
  [
    "O:BAG:SYD:(A;CI;0xf003f;;;BA)(A;CI;0xf003f;;;SY)(A;CI;0x20019;;;WD)",
    "0100048014000000240000000000000030000000010200000000000520000000200200000101000000000005120000000400480003000000000218003f000f0001020000000000052000000020020000000214003f000f000101000000000005120000000002140019000200010100000000000100000000",
  ],
  [
    "O:BAG:BAD:PAI(A;OICI;0x1f01ff;;;SY)(D;CIIO;0x20006;;;AN)(A;CINP;CCDCLC;;;S-1-5-21-1-2-3-1000)",
    "01000494140000002400000000000000340000000102000000000005200000002002000001020000000000052000000020020000040054000300000000031400ff011f00010100000000000512000000010a1400060002000101000000000005070000000006240007000000010500000000000515000000010000000200000003000000e8030000",
  ],
  [
    "O:S-1-5-21-1-2-3-1000G:S-1-5-21-1-2-3-513D:ARP(D;;GA;;;BG)(A;;0x1234567;;;AU)S:AI(AU;CISAFA;RC;;;WD)",
    "0100149914000000300000004c00000068000000010500000000000515000000010000000200000003000000e80300000105000000000005150000000100000002000000030000000102000004001c000100000002c21400000002000101000000000001000000000400340002000000010018000000001001020000000000052000000022020000000014006745230101010000000000050b000000",
  ],
  [
    "D:(A;CIOI;GA;;;CO)(A;;RCWD;;;OW)(A;ID;SDWO;;;NU)(A;;RC;;;IU)(A;;GRGWGX;;;SU)",
    "010004800000000000000000000000001400000004006c0005000000000314000000001001010000000000030000000000001400000006000101000000000003040000000010140000000900010100000000000502000000000014000000020001010000000000050400000000001400000000e0010100000000000506000000",
  ],
  [
    "G:SYS:P(AU;FA;SD;;;AN)",
    "010010a00000000014000000200000000000000001010000000000051200000004001c00010000000280140000000100010100000000000507000000",
  ],
  ["D:", "01000480000000000000000000000000140000000400080000000000"],
  ["O:SY", "0100008014000000000000000000000000000000010100000000000512000000"],
  ["D:PAR", "01000491000000000000000000000000140000000400080000000000"],
];

describe("security descriptors", () => {
  it("are read from another implementation's bytes and texts alike", () => {
    for (const [text, hex] of samba)
      assert.deepEqual(decodeSecurityDescriptor(fromHex(hex)), parseSddl(text), text);
  });

  it("are written so that they read back, in bytes and in text", () => {
    for (const [text, hex] of samba) {
      const descriptor = parseSddl(text);
      const bytes = encodeSecurityDescriptor(descriptor);
      assert.equal(bytes.length, hex.length / 2, text);
      assert.deepEqual(decodeSecurityDescriptor(bytes), descriptor, text);
      assert.deepEqual(parseSddl(formatSddl(descriptor)), descriptor, text);
    }
    // Without lists the layout leaves no choice.
    assert.equal(
      toHex(encodeSecurityDescriptor(parseSddl("O:SY"))),
      samba.find(([text]) => text === "O:SY")?.[1],
    );
  });

  it("are shown as Windows shows them", () => {
    for (const text of [
      "O:BAG:SYD:(A;CI;KA;;;BA)(A;CI;KA;;;SY)(A;CI;KR;;;WD)",
      "O:BAG:BAD:PAI(A;OICI;FA;;;SY)(D;CIIO;KW;;;AN)(A;OICINP;CCDCLC;;;S-1-5-21-1-2-3-1000)",
      "D:PARAI(A;;0x1234567;;;AU)S:PAI(AU;CISAFA;RCSD;;;WD)(ML;;CC;;;ME)",
      "D:NO_ACCESS_CONTROL",
    ])
      assert.equal(formatSddl(parseSddl(text)), text);
    assert.equal(formatSddl(parseSddl("D:( A ; ci ; kx ;;; wd )")), "D:(A;CI;KR;;;WD)");
    assert.equal(formatSddl(parseSddl("O:s-1-5-32-544")), "O:BA");
  });

  it("that are none are refused in words", () => {
    for (const [text, message] of [
      ["X:", /"X:" is none of O:, G:, D:, S:/],
      ["O:BAO:SY", /O: stands there twice/],
      ["O:ZZ", /"ZZ" is no security identifier/],
      ["O:S-1-5-4294967296", /is no security identifier/],
      ["D:(A;;KA;;BA)", /is not six fields/],
      ["D:(Q;;KA;;;BA)", /"Q" is no kind of entry/],
      ["D:(A;XX;KA;;;BA)", /"XX" is no flag of an entry/],
      ["D:(A;;ZZ;;;BA)", /"ZZ" is no right/],
      ["D:(A;;0x100000000;;;BA)", /is not pairs|is no right/],
      ["D:(A;;K;;;BA)", /"K" is not pairs of letters/],
      ["D:Q(A;;KA;;;BA)", /"Q" is no flag of a list/],
      ["D:(OA;;KA;6f9619ff-8b86-d011-b42d-00c04fc964ff;;BA)", /no kind of entry/],
      ["D:(A;;KA;;;BA", /is none of/],
      ["D:NO_ACCESS_CONTROL(A;;KA;;;BA)", /beside NO_ACCESS_CONTROL/],
    ] as const) {
      assert.throws(
        () => parseSddl(text),
        (error: unknown) =>
          error instanceof ComError && error.code === HResult.E_INVALIDARG && message.test(error.message),
        text,
      );
    }
  });

  it("of hostile bytes or text end in an error, soon", () => {
    const begin = performance.now();
    for (const [, hex] of samba) {
      const whole = fromHex(hex);
      for (let at = 0; at < whole.length; at++) {
        for (const byte of [0, 0x7f, 0xff]) {
          const changed = whole.slice();
          changed[at] = byte;
          orComError(() => decodeSecurityDescriptor(changed));
        }
        orComError(() => decodeSecurityDescriptor(whole.subarray(0, at)));
      }
    }
    const entry = "(A;;KA;;;BA)";
    for (const text of [
      "D:" + "P".repeat(500_000),
      "D:" + "(".repeat(500_000),
      "D:" + entry.repeat(5000),
      `D:(A;;${"CC".repeat(200_000)};;;BA)`,
      "O:".repeat(200_000),
      "D:".padEnd(600_000),
    ])
      orComError(() => encodeSecurityDescriptor(parseSddl(text)));
    assert.throws(
      () => encodeSecurityDescriptor(parseSddl("D:" + entry.repeat(5000))),
      withCode(HResult.E_INVALIDARG),
    );
    assert.ok(performance.now() - begin < 5000);
  });
});

function orComError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ComError, String(error));
  }
}

const mapping = { read: 0x2_0019, write: 0x2_0006, execute: 0x2_0019, all: 0xf_003f };
const ann: Caller = { account: "ann", sid: "S-1-5-21-1-2-3-1000", local: false };
const nobody: Caller = { account: undefined, local: false };

describe("access check", () => {
  const granted = (text: string, caller: Caller): string =>
    grantedRights(parseSddl(text), caller, mapping).toString(16);

  it("goes by the first entry that speaks of a right", () => {
    assert.equal(granted("D:(A;;KR;;;WD)", ann), "20019");
    assert.equal(granted("D:(D;;KA;;;S-1-5-21-1-2-3-1000)(A;;KA;;;WD)", ann), "0");
    assert.equal(granted("D:(A;;KR;;;WD)(D;;KA;;;S-1-5-21-1-2-3-1000)(A;;KA;;;AU)", ann), "20019");
    assert.equal(granted("D:(A;IO;KA;;;WD)", ann), "0");
    assert.equal(granted("D:(A;;GR;;;BU)", ann), "20019");
    assert.equal(granted("D:(A;;GA;;;BA)", ann), "0");
    assert.equal(granted("D:", ann), "0");
    assert.equal(granted("D:NO_ACCESS_CONTROL", ann), "f003f");
  });

  it("takes a denial under a condition for a denial", () => {
    const { dacl } = parseSddl("D:(A;;KA;;;WD)");
    for (const type of [6, 10, 12]) {
      const denial = { type, flags: 0, mask: 0x8000_0000, sid: "", rest: new Uint8Array(12) };
      const descriptor = { dacl: [denial, ...(dacl ?? [])], control: 0 };
      assert.equal(grantedRights(descriptor, ann, mapping).toString(16), "d0026");
    }
  });

  it("knows groups: everybody, who logged on, administrators, nobody", () => {
    assert.equal(granted("D:(A;;KA;;;WD)", nobody), "0");
    assert.equal(granted("D:(A;;KR;;;AN)", nobody), "20019");
    const guest = { ...ann, sid: "S-1-5-21-1-2-3-501" };
    assert.equal(granted("D:(A;;KR;;;AU)", guest), "0");
    assert.equal(granted("D:(A;;KR;;;WD)", guest), "20019");
    const administrator = { ...ann, sid: "S-1-5-21-1-2-3-500" };
    assert.equal(granted("D:(A;;KA;;;BA)", administrator), "10f003f");
    assert.equal(granted("D:(A;;KA;;;BA)", machineOwner), "10f003f");
    assert.equal(granted("D:", machineOwner), "1080000", "an administrator may take ownership");
  });

  it("an owner always reads and changes the list, unless it says what owners may", () => {
    assert.equal(granted("O:S-1-5-21-1-2-3-1000D:", ann), "60000");
    assert.equal(granted("O:S-1-5-21-1-2-3-1000D:(D;;RCWD;;;WD)", ann), "60000");
    assert.equal(granted("O:S-1-5-21-1-2-3-1000D:(A;;RC;;;OW)", ann), "20000");
    assert.equal(granted("O:S-1-5-21-1-2-3-1001D:(A;;RC;;;OW)", ann), "0");
  });

  it("agrees with asking right by right, in the order of the specification", () => {
    const right = fc.nat({ max: 20 }).map((bit) => 1 << bit);
    const sid = fc.constantFrom("S-1-1-0", "S-1-5-11", "S-1-5-21-1-2-3-1000", "S-1-5-32-544");
    const ace = fc.record({
      type: fc.constantFrom(0, 1),
      flags: fc.constantFrom(0, 0, 8),
      mask: fc.array(right, { maxLength: 4 }).map((all) => all.reduce((sum, one) => sum | one, 0)),
      sid,
    });
    fc.assert(
      fc.property(fc.array(ace, { maxLength: 6 }), right, (dacl, desired) => {
        const descriptor: SecurityDescriptor = { dacl, control: 0 };
        const mine = new Set(["S-1-1-0", "S-1-5-11", "S-1-5-21-1-2-3-1000"]);
        const first = dacl.find((one) => one.flags === 0 && mine.has(one.sid) && (one.mask & desired) !== 0);
        assert.equal((grantedRights(descriptor, ann, mapping) & desired) !== 0, first?.type === 0);
      }),
    );
  });
});
