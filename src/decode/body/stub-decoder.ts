import { ByteReader, ComError, type Guid, type Limits } from "../../base/index.ts";
import {
  type InterfaceDescriptor,
  type MarshalContext,
  type MethodDescriptor,
  methodCodec,
  ndr20,
  ndr64,
  type Syntax,
} from "../../ndr/index.ts";
import { namedInterface } from "../names/interfaces.ts";
import { statusText } from "../names/words.ts";
import type { Meaning } from "../session/association.ts";
import type { Call } from "../session/calls.ts";
import type { Json } from "../session/decoded.ts";
import { wireJson } from "./shapes.ts";
import { allMethods, knownInterface } from "./contracts.ts";
import { explainPointer } from "./objref.ts";
import { readOrpcThatJson, readOrpcThisJson } from "./orpc.ts";
import { namedArguments, namedResults } from "./parameters.ts";
import { trailerJson } from "./trailer.ts";

type Fields = Record<string, Json>;

/** Decodes the arguments and results of calls to interfaces whose contract is known. */
export class StubDecoder {
  readonly #context: MarshalContext;

  constructor(limits: Limits) {
    this.#context = { limits, marshalInterface: () => new Uint8Array(), unmarshalInterface: explainPointer };
  }

  /** The arguments; the call remembers them for its response. */
  request(call: Call, stub: Uint8Array, littleEndian: boolean): Meaning {
    return attempt(stub, (fields) => {
      const reader = new ByteReader(stub, 0, stub.length, littleEndian);
      const contract = contractOf(call, fields);
      if (contract === undefined) return {};
      if (contract.isObject) fields["orpcThis"] = readOrpcThisJson(reader, contract.syntax === ndr64);
      if (contract.method === undefined) return {};
      const args = methodCodec(contract.method, contract.syntax).decodeRequest(reader, this.#context);
      call.args = args;
      fields["arguments"] = wireJson(namedArguments(contract.method, args));
      Object.assign(fields, trailerJson(stub, reader.pos));
      delete fields["stubBytes"];
      return {};
    });
  }

  response(call: Call, stub: Uint8Array, littleEndian: boolean): Meaning {
    return attempt(stub, (fields) => {
      const reader = new ByteReader(stub, 0, stub.length, littleEndian);
      const contract = contractOf(call, fields);
      if (contract === undefined) return {};
      if (contract.isObject) fields["orpcThat"] = readOrpcThatJson(reader, contract.syntax === ndr64);
      if (contract.method === undefined || call.args === undefined) return {};
      const status = { code: 0 };
      const codec = methodCodec(contract.method, contract.syntax);
      const result = codec.decodeResponse(reader, call.args, this.#context, status);
      // Not needed any more: a capture may hold many calls whose arguments are large.
      call.args = undefined;
      const results = namedResults(contract.method, result);
      fields["results"] = wireJson(results);
      delete fields["stubBytes"];
      const code = returnsStatus(contract.method) ? status.code : results["returnValue"];
      return typeof code === "number" ? { status: statusText(code) } : {};
    });
  }
}

/** Runs a decoder that fills the body; when it fails, what it had so far stays and the reason is added. */
function attempt(stub: Uint8Array, decode: (fields: Fields) => Meaning): Meaning {
  const fields: Fields = { stubBytes: stub.length };
  try {
    return { ...decode(fields), body: fields };
  } catch (error) {
    fields["error"] = ComError.from(error).message;
    return { body: fields };
  }
}

interface Contract {
  readonly isObject: boolean;
  readonly method: MethodDescriptor | undefined;
  readonly syntax: Syntax;
}

/** What the stub's layout depends on; undefined when nothing in it can be read, with the reason in `fields`. */
function contractOf(call: Call, fields: Fields): Contract | undefined {
  const uuid = call.abstractSyntax?.uuid;
  if (uuid === undefined) return undefined;
  const isObject = namedInterface(uuid)?.isObject ?? false;
  const syntax = call.transferSyntax?.uuid === ndr64.uuid ? ndr64 : ndr20;
  if (syntax === ndr64) fields["transferSyntax"] = "NDR64";
  return { isObject, method: methodOf(uuid, call.opnum), syntax };
}

function methodOf(uuid: Guid, opnum: number): MethodDescriptor | undefined {
  const descriptor: InterfaceDescriptor | undefined = knownInterface(uuid);
  if (descriptor === undefined) return undefined;
  const method = allMethods(descriptor).find((candidate) => candidate.opnum === opnum);
  return method?.local === true ? undefined : method;
}

function returnsStatus(method: MethodDescriptor): boolean {
  return method.returns.kind === "base" && method.returns.name === "hresult";
}
