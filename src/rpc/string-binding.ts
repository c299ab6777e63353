import { ComError, type Guid, HResult, tryParseGuid } from "../base/index.ts";

/** The parts of a string binding ([C706] 3.1; RpcStringBindingParse). */
export interface StringBinding {
  readonly object?: Guid;
  readonly protseq: string;
  /** Empty for this machine. */
  readonly networkAddress: string;
  readonly endpoint?: string;
  readonly options: Readonly<Record<string, string>>;
}

const LONGEST = 2048;

/**
 * Reads `[object@]protseq:[address][[endpoint][,option=value...]]`. A backslash takes the next character as it is. Throws
 * RPC_S_INVALID_STRING_BINDING.
 */
export function parseStringBinding(text: string): StringBinding {
  if (text.length > LONGEST) refuse(text, "it is too long");
  const at = find(text, "@", 0);
  const object = at < 0 ? undefined : tryParseGuid(text.slice(0, at));
  if (at >= 0 && object === undefined) refuse(text, "what stands before @ is not a GUID");
  const rest = text.slice(at + 1);
  const colon = find(rest, ":", 0);
  if (colon <= 0) refuse(text, "it has no protocol sequence");
  const protseq = rest.slice(0, colon);
  const bracket = find(rest, "[", colon + 1);
  const networkAddress = unescape(rest.slice(colon + 1, bracket < 0 ? undefined : bracket));
  const { endpoint, options } =
    bracket < 0 ? { endpoint: undefined, options: {} } : brackets(text, rest.slice(bracket));
  return {
    ...(object === undefined ? {} : { object }),
    protseq,
    networkAddress,
    ...(endpoint === undefined ? {} : { endpoint }),
    options,
  };
}

function brackets(
  text: string,
  part: string,
): { endpoint: string | undefined; options: Record<string, string> } {
  if (!part.endsWith("]")) refuse(text, "the bracket is not closed");
  const options: Record<string, string> = {};
  let endpoint: string | undefined;
  for (const [i, piece] of split(part.slice(1, -1)).entries()) {
    const equals = find(piece, "=", 0);
    if (equals < 0 && i === 0) endpoint = piece === "" ? undefined : unescape(piece);
    else if (equals < 0) refuse(text, `"${piece}" is not an option`);
    else {
      const name = unescape(piece.slice(0, equals));
      if (name === "endpoint") endpoint = unescape(piece.slice(equals + 1));
      else options[name] = unescape(piece.slice(equals + 1));
    }
  }
  return { endpoint, options };
}

/** The text of a string binding (RpcStringBindingCompose). */
export function formatStringBinding(binding: StringBinding): string {
  const object = binding.object === undefined ? "" : `${binding.object}@`;
  const options = Object.entries(binding.options).map(([name, value]) => `,${escape(name)}=${escape(value)}`);
  const inner = `${escape(binding.endpoint ?? "")}${options.join("")}`;
  return `${object}${binding.protseq}:${escape(binding.networkAddress)}${inner === "" ? "" : `[${inner}]`}`;
}

/** First place of a character that no backslash precedes. */
function find(text: string, wanted: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === wanted) return i;
  }
  return -1;
}

function split(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let comma = find(text, ",", 0); comma >= 0; comma = find(text, ",", from)) {
    pieces.push(text.slice(from, comma));
    from = comma + 1;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, "$1");
}

function escape(text: string): string {
  return text.replaceAll(/[\\@:,=[\]]/g, String.raw`\$&`);
}

function refuse(text: string, why: string): never {
  throw new ComError(
    HResult.RPC_S_INVALID_STRING_BINDING,
    `"${text.slice(0, 100)}" is not a string binding: ${why}`,
  );
}
