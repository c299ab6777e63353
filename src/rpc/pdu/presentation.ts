import type { ByteReader, ByteWriter } from "../../base/index.ts";
import { type SyntaxId, decodeSyntax, encodeSyntax } from "./syntax.ts";

/** One interface offered on a connection, with the encodings its sender can speak (p_cont_elem_t, [C706] 12.6.3.1). */
export interface PresentationContext {
  readonly id: number;
  readonly abstractSyntax: SyntaxId;
  readonly transferSyntaxes: readonly SyntaxId[];
}

/** p_cont_def_result_t; negotiateAck: [MS-RPCE] 2.2.2.4. */
export const ContextResult = {
  acceptance: 0,
  userRejection: 1,
  providerRejection: 2,
  negotiateAck: 3,
} as const;

/** p_provider_reason_t. With `negotiateAck` the reason is the features granted instead. */
export const RejectReason = {
  notSpecified: 0,
  abstractSyntaxNotSupported: 1,
  transferSyntaxesNotSupported: 2,
  localLimitExceeded: 3,
} as const;

/** The answer to one offered context (p_result_t). */
export interface PresentationResult {
  readonly result: number;
  readonly reason: number;
  readonly transferSyntax: SyntaxId;
}

export function encodeContexts(writer: ByteWriter, contexts: readonly PresentationContext[]): void {
  writer.u8(contexts.length);
  writer.zeros(3);
  for (const context of contexts) {
    writer.u16(context.id);
    writer.u8(context.transferSyntaxes.length);
    writer.zeros(1);
    encodeSyntax(writer, context.abstractSyntax);
    for (const syntax of context.transferSyntaxes) encodeSyntax(writer, syntax);
  }
}

export function decodeContexts(reader: ByteReader): PresentationContext[] {
  const count = reader.u8();
  reader.skip(3);
  const contexts: PresentationContext[] = [];
  for (let i = 0; i < count; i++) {
    const id = reader.u16();
    const transfers = reader.u8();
    reader.skip(1);
    const abstractSyntax = decodeSyntax(reader);
    const transferSyntaxes: SyntaxId[] = [];
    for (let j = 0; j < transfers; j++) transferSyntaxes.push(decodeSyntax(reader));
    contexts.push({ id, abstractSyntax, transferSyntaxes });
  }
  return contexts;
}

export function encodeResults(writer: ByteWriter, results: readonly PresentationResult[]): void {
  writer.u8(results.length);
  writer.zeros(3);
  for (const result of results) {
    writer.u16(result.result);
    writer.u16(result.reason);
    encodeSyntax(writer, result.transferSyntax);
  }
}

export function decodeResults(reader: ByteReader): PresentationResult[] {
  const count = reader.u8();
  reader.skip(3);
  const results: PresentationResult[] = [];
  for (let i = 0; i < count; i++) {
    results.push({ result: reader.u16(), reason: reader.u16(), transferSyntax: decodeSyntax(reader) });
  }
  return results;
}
