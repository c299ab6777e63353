import { type ComError, type ErrorInfo, HResult, describeStatus } from "../../base/index.ts";

/**
 * What the caller of a method is told of its failure. A refusal that the object met when it called somebody else says so: the caller, who is let in himself, would
 * look for it at the wrong end. Usually it is the caller's own sink that was called back.
 */
export function toldOf({ code, info, remote, gate, where }: ComError): ErrorInfo {
  const known = Object.fromEntries(Object.entries(info).filter(([, value]) => value !== undefined));
  if (code !== HResult.E_ACCESSDENIED || where === undefined || !(remote || gate === "logon")) return known;
  const reason = info.description ?? describeStatus(code);
  const description = `the object was refused when it called ${where} (a call back needs credentials that its receiver knows, or a receiver who lets anybody in): ${reason}`;
  return { ...known, description };
}
