import type { Limits } from "../../base/index.ts";
import { rejectionName, reasonName, resultName, statusText } from "../names/words.ts";
import { type Pdu, type PresentationContext, type PresentationResult, PacketType, PfcFlag } from "../rpc.ts";
import { StubDecoder } from "../body/stub-decoder.ts";
import { authSummary } from "./auth.ts";
import { type Call, CallTable, StubAssembly } from "./calls.ts";
import { ContextTable } from "./contexts.ts";
import type { DecodedPdu, Json } from "./decoded.ts";
import { featureNames, interfaceOf, methodName, transferJson } from "./fields.ts";
import { type ReadPdu, isFromClient, readPdu } from "./read-pdu.ts";
import type { Credentials } from "../auth.ts";
import { SecurityContexts } from "../security/security-contexts.ts";

/** The part of a decoded PDU that depends on its type and on what came before it. */
export type Meaning = Partial<
  Pick<
    DecodedPdu,
    "contextId" | "interface" | "opnum" | "method" | "object" | "auth" | "status" | "fragment" | "body"
  >
>;

type Body<T extends number> = Extract<Pdu["body"], { type: T }>;

const NEGOTIATE_ACK = 3;
const CALL_HEADER_BYTES = 24;
const FAULT_HEADER_BYTES = 32;
const LEVEL_PRIVACY = 6;

/** One RPC connection: keeps what earlier PDUs said, so that later ones can be explained. */
export class Association {
  readonly #limits: Limits;
  readonly #contexts = new ContextTable();
  readonly #calls: CallTable;
  readonly #stubs: StubDecoder;
  readonly #security: SecurityContexts;

  constructor(limits: Limits, credentials: readonly Credentials[] = []) {
    this.#limits = limits;
    this.#security = new SecurityContexts(credentials, limits.maxSecurityContexts);
    this.#calls = new CallTable(limits.maxCallsPerConnection);
    this.#stubs = new StubDecoder(limits);
  }

  explain(read: ReadPdu): Meaning {
    const verifier = read.pdu?.auth;
    if (verifier === undefined) return this.#body(read);
    const way = isFromClient(read.type) ? "toServer" : "toClient";
    if (!isCall(read.type)) {
      const verified = this.#security.token(way, verifier);
      return { ...this.#body(read), auth: authSummary(verifier, true, verified) };
    }
    const opened = this.#security.open(way, verifier, read.bytes, stubOffset(read));
    const auth = authSummary(verifier, false, opened?.verified);
    if (opened?.verified !== true) return { ...this.#body(read), auth };
    const unsealed = readPdu(opened.bytes, 0);
    return { ...this.#body(unsealed, true), auth };
  }

  /** @param unsealed true when the stub was sealed and is in clear now. */
  #body(read: ReadPdu, unsealed = false): Meaning {
    const { pdu, callId } = read;
    if (pdu === undefined) return this.#unreadable(read);
    const { body } = pdu;
    switch (body.type) {
      case PacketType.bind:
      case PacketType.alterContext:
        return this.#offer(callId, body);
      case PacketType.bindAck:
      case PacketType.alterContextResponse:
        return this.#answer(callId, body);
      case PacketType.bindNak:
        return {
          body: { reason: rejectionName(body.reason), versions: body.versions.map((v) => v.join(".")) },
        };
      case PacketType.request:
        return this.#request(read, body, isSealed(pdu) && !unsealed);
      case PacketType.response:
        return this.#response(read, body, isSealed(pdu) && !unsealed);
      case PacketType.fault:
        return this.#fault(read, body);
      default:
        return {};
    }
  }

  #offer(callId: number, body: Body<11> | Body<14>): Meaning {
    const { maxTransmit, maxReceive, associationGroup, contexts } = body;
    this.#contexts.offer(callId, contexts);
    const offered: Json = contexts.map((context) => ({
      contextId: context.id,
      interface: { ...interfaceOf(context.abstractSyntax) },
      transferSyntaxes: context.transferSyntaxes.map(transferJson),
    }));
    return { ...first(contexts), body: { maxTransmit, maxReceive, associationGroup, contexts: offered } };
  }

  #answer(callId: number, body: Body<12> | Body<15>): Meaning {
    const { maxTransmit, maxReceive, associationGroup, secondaryAddress, results } = body;
    const offered = this.#contexts.offered(callId);
    this.#contexts.answer(callId, results);
    const endpoint = secondaryAddress.replace(/\0$/, "");
    const answers: Json = results.map((result, i) => resultJson(result, offered[i]));
    const fields = { maxTransmit, maxReceive, associationGroup, endpoint, results: answers };
    return { ...first(offered), body: fields };
  }

  #request(read: ReadPdu, body: Body<0>, hidden: boolean): Meaning {
    const isFirst = (read.flags & PfcFlag.first) !== 0;
    const call = isFirst
      ? this.#begin(read.callId, body)
      : (this.#calls.get(read.callId) ?? this.#begin(read.callId, body));
    const meaning = this.#callMeaning(call, read.flags);
    if (hidden) return { ...meaning, body: sealed(call.request, body.stub) };
    const stub = call.request.add(body.stub, isFirst, (read.flags & PfcFlag.last) !== 0);
    if (stub === undefined) return { ...meaning, body: { stubBytes: body.stub.length } };
    return { ...meaning, ...this.#stubs.request(call, stub, read.littleEndian) };
  }

  #begin(callId: number, body: Body<0>): Call {
    return this.#beginCall(callId, body.contextId, body.opnum, body.object);
  }

  #beginCall(callId: number, contextId: number, opnum: number, object: Call["object"]): Call {
    const context = this.#contexts.get(contextId);
    const call: Call = {
      contextId,
      opnum,
      object,
      abstractSyntax: context?.abstractSyntax,
      transferSyntax: context?.transferSyntax,
      request: new StubAssembly(this.#limits.maxMessageBytes),
      response: new StubAssembly(this.#limits.maxMessageBytes),
    };
    this.#calls.set(callId, call);
    return call;
  }

  #response(read: ReadPdu, body: Body<2>, hidden: boolean): Meaning {
    const call = this.#calls.get(read.callId);
    if (call === undefined) return this.#orphan(body.contextId, read.flags, body.stub.length);
    // Its own context, whatever the request named: the two should be the same.
    const meaning = { ...this.#callMeaning(call, read.flags), contextId: body.contextId };
    if (hidden) return { ...meaning, body: sealed(call.response, body.stub) };
    const isFirst = (read.flags & PfcFlag.first) !== 0;
    const stub = call.response.add(body.stub, isFirst, (read.flags & PfcFlag.last) !== 0);
    if (stub === undefined) return { ...meaning, body: { stubBytes: body.stub.length } };
    return { ...meaning, ...this.#stubs.response(call, stub, read.littleEndian) };
  }

  /** A response whose request was not captured: its context still tells the interface. */
  #orphan(contextId: number, flags: number, stubBytes: number): Meaning {
    const context = this.#contexts.get(contextId);
    const known = context === undefined ? {} : { interface: interfaceOf(context.abstractSyntax) };
    return { contextId, ...known, fragment: fragmentOf(flags), body: { stubBytes } };
  }

  #fault(read: ReadPdu, body: Body<3>): Meaning {
    const call = this.#calls.get(read.callId);
    const meaning =
      call === undefined ? this.#orphan(body.contextId, read.flags, 0) : this.#callMeaning(call, read.flags);
    const extended = body.faultFlags & 1 ? { extendedErrorBytes: body.stub.length } : {};
    return {
      ...meaning,
      contextId: body.contextId,
      status: statusText(body.status),
      body: { cancelCount: body.cancelCount, ...extended },
    };
  }

  #unreadable(read: ReadPdu): Meaning {
    const { type, callId, contextId, opnum } = read;
    if (contextId === undefined) return {};
    if (type === PacketType.request && opnum !== undefined) {
      const call = this.#calls.get(callId);
      const goesOn = call !== undefined && (read.flags & PfcFlag.first) === 0;
      const current = goesOn ? call : this.#beginCall(callId, contextId, opnum, undefined);
      current.request.breakOff();
      return this.#callMeaning(current, read.flags);
    }
    const call = this.#calls.get(callId);
    if (call === undefined) return { contextId };
    call.response.breakOff();
    return this.#callMeaning(call, read.flags);
  }

  #callMeaning(call: Call, flags: number): Meaning {
    const { contextId, opnum, object, abstractSyntax } = call;
    const fragment = fragmentOf(flags);
    if (abstractSyntax === undefined) return { contextId, opnum, object, fragment };
    const method = methodName(abstractSyntax.uuid, opnum);
    return { contextId, interface: interfaceOf(abstractSyntax), opnum, method, object, fragment };
  }
}

function first(contexts: readonly PresentationContext[]): Meaning {
  const [context] = contexts;
  return context === undefined
    ? {}
    : { contextId: context.id, interface: interfaceOf(context.abstractSyntax) };
}

function resultJson(result: PresentationResult, offer: PresentationContext | undefined): Json {
  const isFeatures = result.result === NEGOTIATE_ACK;
  const rejected = result.result !== 0 && !isFeatures;
  return {
    contextId: offer?.id,
    result: resultName(result.result),
    reason: rejected ? reasonName(result.reason) : undefined,
    features: isFeatures ? featureNames(result.reason) : undefined,
    transferSyntax: result.result === 0 ? transferJson(result.transferSyntax) : undefined,
  };
}

/** Where the stub begins: behind the header of a call, and the object UUID when there is one. */
function stubOffset(read: ReadPdu): number {
  if (read.type === PacketType.fault) return FAULT_HEADER_BYTES;
  const hasObject = read.type === PacketType.request && (read.flags & PfcFlag.objectUuid) !== 0;
  return CALL_HEADER_BYTES + (hasObject ? 16 : 0);
}

function isCall(type: number): boolean {
  return type === PacketType.request || type === PacketType.response || type === PacketType.fault;
}

function isSealed(pdu: Pdu): boolean {
  return pdu.auth?.level === LEVEL_PRIVACY;
}

function sealed(assembly: StubAssembly, stub: Uint8Array): Json {
  assembly.breakOff();
  return { sealed: true, stubBytes: stub.length };
}

function fragmentOf(flags: number): "first" | "middle" | "last" | undefined {
  const isFirst = (flags & PfcFlag.first) !== 0;
  const isLast = (flags & PfcFlag.last) !== 0;
  if (isFirst) return isLast ? undefined : "first";
  return isLast ? "last" : "middle";
}
