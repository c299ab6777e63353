import { ComError, HResult } from "../../base/index.ts";
import { DREP_LITTLE_ENDIAN } from "../pdu/header.ts";
import { formatSyntax } from "../pdu/syntax.ts";
import { checkVerificationTrailer, findVerificationTrailer } from "../pdu/verification-trailer.ts";
import type { ServerSettings } from "./options.ts";
import type { IncomingCall } from "./server-call.ts";

/** Why a call's level does not do for its interface; `undefined` when it does. Known from the first fragment on. */
export function levelRefusal(call: IncomingCall, settings: ServerSettings): ComError | undefined {
  const least = call.presentation.dispatcher.minimumLevel ?? settings.minimumLevel;
  if (call.level >= least) return undefined;
  return new ComError(HResult.E_ACCESSDENIED, `a call at level ${call.level} where ${least} is the least`, {
    gate: "level too low",
    where: formatSyntax(call.syntax),
  });
}

/** Checks the verification trailer of a protected call, if it has one, and cuts it off ([MS-RPCE] 2.2.2.13). Answers why it is refused. */
export function trailerRefusal(call: IncomingCall, headerSigning: boolean): ComError | undefined {
  const { reader } = call;
  const at = findVerificationTrailer(reader.view, reader.pos, reader.end);
  if (at < 0) return undefined;
  try {
    checkVerificationTrailer(reader.bytes, at, reader.end, {
      callId: call.callId,
      contextId: call.presentation.id,
      opnum: call.opnum,
      drep: reader.littleEndian ? DREP_LITTLE_ENDIAN : 0,
      abstractSyntax: call.syntax,
      transferSyntax: call.transferSyntax,
      headerSigning,
    });
  } catch (error) {
    return ComError.from(error);
  }
  reader.end = at;
  return undefined;
}
