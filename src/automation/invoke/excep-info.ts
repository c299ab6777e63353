import { ComError, HResult } from "../../base/index.ts";

/** EXCEPINFO: what a method says of its failure. ([MS-OAUT] 2.2.34) */
export interface ExcepInfo {
  readonly wCode: number;
  readonly wReserved: number;
  readonly bstrSource: string | null;
  readonly bstrDescription: string | null;
  readonly bstrHelpFile: string | null;
  readonly dwHelpContext: number;
  readonly pvReserved: number;
  readonly pfnDeferredFillIn: number;
  readonly scode: number;
}

/** All zeros: nothing went wrong, or the caller does not want to know. */
export const noException: ExcepInfo = {
  wCode: 0,
  wReserved: 0,
  bstrSource: null,
  bstrDescription: null,
  bstrHelpFile: null,
  dwHelpContext: 0,
  pvReserved: 0,
  pfnDeferredFillIn: 0,
  scode: 0,
};

/** What a caller is told of a failure; `source` where the failure names none. */
export function excepInfoOf(failed: ComError, source: string): ExcepInfo {
  const { info } = failed;
  return {
    ...noException,
    bstrSource: info.source ?? source,
    bstrDescription: info.description ?? failed.message,
    bstrHelpFile: info.helpFile ?? null,
    // A number of a page means nothing without the book.
    dwHelpContext: info.helpFile === undefined ? 0 : (info.helpContext ?? 0),
    scode: failed.code,
  };
}

/** The failure an EXCEPINFO tells of. Exactly one of its two codes is set; a wCode is one of the program's own numbers. */
function failureOf(info: ExcepInfo, where: string, cause: unknown): ComError {
  const own = info.wCode === 0 ? HResult.DISP_E_EXCEPTION : 0x80040000 + info.wCode;
  return new ComError(info.scode === 0 ? own : info.scode, info.bstrDescription ?? undefined, {
    cause,
    remote: true,
    where,
    source: info.bstrSource ?? undefined,
    helpFile: info.bstrHelpFile ?? undefined,
    helpContext: info.dwHelpContext,
  });
}

/** DISP_E_EXCEPTION as the failure that its EXCEPINFO tells of; any other error as it is. */
export function unwrapException(error: unknown, where: string): unknown {
  if (!(error instanceof ComError) || error.code !== HResult.DISP_E_EXCEPTION) return error;
  const info = (error.outputs as { readonly pExcepInfo?: ExcepInfo } | undefined)?.pExcepInfo;
  return info === undefined ? error : failureOf(info, where, error);
}
