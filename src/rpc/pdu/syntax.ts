import {
  type ByteReader,
  type ByteWriter,
  type Guid,
  guid,
  guidFromBytes,
  guidToBytes,
} from "../../base/index.ts";
import { ndr20, ndr64 } from "../../ndr/index.ts";

/** An abstract or a transfer syntax: a GUID and a version (p_syntax_id_t, [C706] 12.6.3.1). */
export interface SyntaxId {
  readonly uuid: Guid;
  readonly version: readonly [major: number, minor: number];
}

/** NDR 2.0 ([C706] 14). */
export const NDR20: SyntaxId = { uuid: ndr20.uuid, version: ndr20.version };
/** NDR64 ([MS-RPCE] 2.2.4.12). */
export const NDR64: SyntaxId = { uuid: ndr64.uuid, version: ndr64.version };

/** Both, in the order of preference between our own ends: NDR 2.0 is shorter. */
export const ENCODINGS: readonly SyntaxId[] = [NDR20, NDR64];
/** Both, as Windows' own services (the endpoint mapper) prefer them. */
export const WIDE_FIRST: readonly SyntaxId[] = [NDR64, NDR20];

export function sameSyntax(a: SyntaxId, b: SyntaxId): boolean {
  return a.uuid === b.uuid && a.version[0] === b.version[0] && a.version[1] === b.version[1];
}

/** `uuid v1.0`, for messages. */
export function formatSyntax(syntax: SyntaxId): string {
  return `${syntax.uuid} v${syntax.version[0]}.${syntax.version[1]}`;
}

export function encodeSyntax(writer: ByteWriter, syntax: SyntaxId): void {
  writer.guid(syntax.uuid);
  writer.u16(syntax.version[0]);
  writer.u16(syntax.version[1]);
}

/** The version is one number of 32 bits, the major half lower. */
export function decodeSyntax(reader: ByteReader): SyntaxId {
  const uuid = reader.guid();
  const version = reader.u32();
  return { uuid, version: [version & 0xffff, version >>> 16] };
}

/** What both sides can agree on at bind time ([MS-RPCE] 3.3.1.5.3). */
export const BindTimeFeature = {
  securityContextMultiplexing: 0x01,
  keepConnectionOnOrphan: 0x02,
} as const;

const FEATURE_PREFIX = "6cb71c2c-9812-4540-";

/** The pretended transfer syntax that asks for bind-time features ([MS-RPCE] 2.2.2.14). */
export function featureSyntax(features: number): SyntaxId {
  const bytes = guidToBytes(guid(`${FEATURE_PREFIX}0000-000000000000`));
  bytes[8] = features & 0xff;
  bytes[9] = features >>> 8;
  return { uuid: guidFromBytes(bytes), version: [1, 0] };
}

/** The bits asked for, or `undefined` when the syntax is an ordinary one. */
export function featuresOf(syntax: SyntaxId): number | undefined {
  if (!syntax.uuid.startsWith(FEATURE_PREFIX) || syntax.version[0] !== 1) return undefined;
  const bytes = guidToBytes(syntax.uuid);
  return (bytes[8] ?? 0) | ((bytes[9] ?? 0) << 8);
}
