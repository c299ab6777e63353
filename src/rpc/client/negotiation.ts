import { ComError, HResult } from "../../base/index.ts";
import type { AlterContextResponseBody } from "../pdu/alter-context-response.ts";
import type { BindAckBody } from "../pdu/bind-ack.ts";
import { type BindNakBody, BindNakReason } from "../pdu/bind-nak.ts";
import { PacketType } from "../pdu/packet-type.ts";
import type { Pdu } from "../pdu/pdu.ts";
import {
  ContextResult,
  type PresentationContext,
  type PresentationResult,
  RejectReason,
} from "../pdu/presentation.ts";
import { type SyntaxId, formatSyntax } from "../pdu/syntax.ts";
import { errorOfFault } from "../fault-status.ts";
import { errorOfTokenFault } from "./logon-refusal.ts";

export type Acknowledgement = BindAckBody | AlterContextResponseBody;

/** The acknowledgement within the answer to a bind or alter_context (with a token or not); throws what any other answer means. */
export function acknowledgementOf(pdu: Pdu, where: string, withToken: boolean): Acknowledgement {
  const { body } = pdu;
  switch (body.type) {
    case PacketType.bindAck:
    case PacketType.alterContextResponse:
      return body;
    case PacketType.bindNak:
      throw errorOfNak(body, where);
    case PacketType.fault:
      throw withToken ? errorOfTokenFault(body.status, where) : errorOfFault(body.status, where);
    default:
      throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, `packet type ${body.type} answers a bind`, {
        remote: true,
        where,
      });
  }
}

const nakNames: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(BindNakReason).map(([name, reason]) => [reason, name]),
);

function errorOfNak(body: BindNakBody, where: string): ComError {
  return new ComError(
    nakCode(body.reason),
    `the server refused the bind: ${nakNames[body.reason] ?? `reason ${body.reason}`}`,
    { remote: true, where, gate: "bind" },
  );
}

function nakCode(reason: number): number {
  switch (reason) {
    case BindNakReason.temporaryCongestion:
    case BindNakReason.localLimitExceeded:
      return HResult.RPC_S_SERVER_TOO_BUSY;
    case BindNakReason.authenticationTypeNotRecognized:
      return HResult.RPC_S_UNKNOWN_AUTHN_SERVICE;
    case BindNakReason.invalidChecksum:
      return HResult.E_ACCESSDENIED;
    case BindNakReason.protocolVersionNotSupported:
      return HResult.RPC_S_PROTOCOL_ERROR;
    default:
      return HResult.RPC_S_CALL_FAILED_DNE;
  }
}

/** Which of the offers for an interface was accepted, and in which encoding; throws when none was. */
export function acceptedOf(
  offers: readonly PresentationContext[],
  results: readonly PresentationResult[],
  syntax: SyntaxId,
  where: string,
): { readonly id: number; readonly transferSyntax: SyntaxId } {
  for (let i = 0; i < offers.length; i++) {
    const [offer, result] = [offers[i], results[i]];
    if (offer !== undefined && result?.result === ContextResult.acceptance)
      return { id: offer.id, transferSyntax: result.transferSyntax };
  }
  throw rejection(results[0], syntax, where);
}

function rejection(result: PresentationResult | undefined, syntax: SyntaxId, where: string): ComError {
  const options = { remote: true, where };
  if (result?.reason === RejectReason.abstractSyntaxNotSupported) {
    return new ComError(
      HResult.RPC_S_UNKNOWN_IF,
      `the server has no interface ${formatSyntax(syntax)}`,
      options,
    );
  }
  if (result?.reason === RejectReason.transferSyntaxesNotSupported) {
    const what = `the server speaks none of the offered encodings for ${formatSyntax(syntax)}`;
    return new ComError(HResult.RPC_S_UNSUPPORTED_TRANS_SYN, what, options);
  }
  const what = `the server rejected ${formatSyntax(syntax)} (result ${result?.result}, reason ${result?.reason})`;
  return new ComError(HResult.RPC_S_UNKNOWN_IF, what, options);
}
