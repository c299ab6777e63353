import { AuthnLevel, AuthnService, SecStatus } from "../../auth/index.ts";
import { ByteWriter, ComError, HResult } from "../../base/index.ts";
import { FaultStatus } from "../fault-status.ts";
import type { AlterContextBody } from "../pdu/alter-context.ts";
import { BindNakReason } from "../pdu/bind-nak.ts";
import type { BindBody } from "../pdu/bind.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { type Pdu, type PduBody, encodePdu, makePdu } from "../pdu/pdu.ts";
import { type AuthVerifier, encodeVerifier } from "../pdu/verifier.ts";
import { WHOLE } from "../wire/fields.ts";
import { Hold } from "../wire/wire.ts";
import type { AssociationGroup } from "./association-groups.ts";
import { Presentations } from "./presentations.ts";
import type { ServerHost } from "./rpc-server.ts";
import type { ServerConnection } from "./server-connection.ts";
import { ServerSecurities, type ServerSecurity } from "./server-security.ts";

/** What a client may offer at least; smaller offers are taken for this ([MS-RPCE] 3.3.3.5.4). */
const LEAST_FRAGMENT = 2048;
const noBytes = new Uint8Array(0);

/** The server's part in bind, alter_context and auth3 ([MS-RPCE] 3.3.1.5.2, 3.3.3.5). */
export class ServerBinder {
  readonly #connection: ServerConnection;
  readonly #host: ServerHost;
  readonly #address: string;
  readonly presentations: Presentations;
  readonly securities: ServerSecurities;
  #group: AssociationGroup | undefined;
  headerSigning = false;
  /** The client may have several calls outstanding. */
  concurrent = false;
  maxTransmit: number = LEAST_FRAGMENT;

  constructor(connection: ServerConnection, host: ServerHost, address: string) {
    this.#connection = connection;
    this.#host = host;
    this.#address = address;
    const { limits, mechanisms } = host.settings;
    this.presentations = new Presentations((syntax) => host.dispatcherFor(syntax), limits);
    this.securities = new ServerSecurities(
      mechanisms,
      limits.maxSecurityContexts,
      connection.connection.remote,
    );
  }

  bind(pdu: Pdu, body: BindBody): void {
    const { callId } = pdu.header;
    if (body.contexts.length === 0) {
      this.#connection.nak(callId, BindNakReason.protocolVersionNotSupported, "a bind without contexts");
      return;
    }
    this.#group = this.#host.groups.join(body.associationGroup);
    if (this.#group === undefined) {
      this.#connection.nak(callId, BindNakReason.notSpecified, "an unknown association group");
      return;
    }
    this.#connection.info.joined(this.#group);
    const offered = Math.max(LEAST_FRAGMENT, Math.min(body.maxTransmit, body.maxReceive));
    this.maxTransmit = Math.min(offered, this.#host.settings.maxFragment) & ~7;
    const results = this.presentations.negotiate(body.contexts, true);
    if (results === undefined) {
      this.#connection.nak(callId, BindNakReason.notSpecified, "a contradictory bind");
      return;
    }
    this.concurrent = (pdu.header.flags & PfcFlag.concurrentMultiplexing) !== 0;
    this.headerSigning = (pdu.header.flags & PfcFlag.supportHeaderSign) !== 0;
    if (pdu.auth !== undefined && !this.securities.accepts(pdu.auth)) {
      this.#connection.nak(
        callId,
        refusalOf(pdu.auth),
        `authentication type ${pdu.auth.service}, level ${pdu.auth.level}`,
      );
      return;
    }
    this.#authenticate(pdu, this.#ack(PacketType.bindAck, this.#group, results), (error) => {
      this.#connection.nak(callId, BindNakReason.invalidChecksum, error.message);
    });
  }

  alter(pdu: Pdu, body: AlterContextBody): void {
    const { callId } = pdu.header;
    const results = this.presentations.negotiate(body.contexts, false);
    if (results === undefined || this.#group === undefined) {
      this.#connection.refuse(callId, 0, FaultStatus.protocolError, "a contradictory alter_context");
      return;
    }
    if ((pdu.header.flags & PfcFlag.supportHeaderSign) !== 0) this.headerSigning = true;
    const ack = this.#ack(PacketType.alterContextResponse, this.#group, results);
    this.#authenticate(pdu, ack, (error) => {
      const known = pdu.auth === undefined ? undefined : this.securities.get(pdu.auth.contextId);
      const other = known !== undefined && known.service !== pdu.auth?.service;
      const altered = error.code === SecStatus.SEC_E_MESSAGE_ALTERED;
      const status = altered || other ? FaultStatus.secPkgError : FaultStatus.accessDenied;
      this.#connection.refuse(callId, 0, status, error.message, error);
    });
  }

  #ack(
    type: typeof PacketType.bindAck | typeof PacketType.alterContextResponse,
    group: AssociationGroup,
    results: NonNullable<ReturnType<Presentations["negotiate"]>>,
  ): PduBody {
    return {
      type,
      maxTransmit: this.maxTransmit,
      maxReceive: this.maxTransmit,
      associationGroup: group.id,
      secondaryAddress: type === PacketType.bindAck ? `${this.#address}\0` : "",
      gap: noBytes,
      results,
    };
  }

  /** Feeds the token of a bind or alter_context, then acknowledges; `refused` when the token is no good. */
  #authenticate(pdu: Pdu, ack: PduBody, refused: (error: ComError) => void): void {
    const { auth } = pdu;
    if (auth === undefined) {
      this.#acknowledge(pdu, ack, undefined);
      return;
    }
    const security = this.securities.contextFor(auth);
    if (security === undefined) {
      const what = `a token for security context ${auth.contextId} is out of place`;
      refused(new ComError(HResult.E_ACCESSDENIED, what, { gate: "logon" }));
      return;
    }
    const done = (token: Uint8Array): void =>
      this.#acknowledge(pdu, ack, { ...auth, padLength: 0, value: token });
    this.#step(security, auth, done, refused);
  }

  /** One step of a mechanism; nothing is read while it takes its time. */
  #step(
    security: ServerSecurity,
    auth: AuthVerifier,
    done: (token: Uint8Array) => void,
    refused: (error: ComError) => void,
  ): void {
    const fail = (error: unknown): void => {
      const refusal = ComError.from(error);
      this.#connection.log(refusal, "authentication refused");
      refused(refusal);
    };
    let reply: Uint8Array | undefined | Promise<Uint8Array | undefined>;
    try {
      reply = security.step(auth.value);
    } catch (error) {
      fail(error);
      return;
    }
    if (!(reply instanceof Promise)) {
      done(reply ?? noBytes);
      return;
    }
    this.#connection.hold(Hold.handshake);
    void this.#stepLater(reply, done, fail);
  }

  async #stepLater(
    reply: Promise<Uint8Array | undefined>,
    done: (token: Uint8Array) => void,
    fail: (error: unknown) => void,
  ): Promise<void> {
    try {
      const token = await reply;
      if (!this.#connection.ended) done(token ?? noBytes);
    } catch (error) {
      if (!this.#connection.ended) fail(error);
    }
    this.#connection.release(Hold.handshake);
  }

  /** Without anything to say the server still sends the trailer, with no token behind it. */
  #acknowledge(pdu: Pdu, ack: PduBody, auth: AuthVerifier | undefined): void {
    const echoed =
      ack.type === PacketType.bindAck
        ? PfcFlag.supportHeaderSign | PfcFlag.concurrentMultiplexing
        : PfcFlag.supportHeaderSign;
    const flags = WHOLE | (pdu.header.flags & echoed);
    const hasToken = auth !== undefined && auth.value.length > 0;
    const answer = makePdu(ack, pdu.header.callId, flags, hasToken ? auth : undefined);
    const padding = auth !== undefined && !hasToken ? bareTrailer(auth) : noBytes;
    this.#connection.send(encodePdu({ ...answer, padding }));
  }

  auth3(callId: number, auth: AuthVerifier | undefined): void {
    const security = auth === undefined ? undefined : this.securities.get(auth.contextId);
    if (auth === undefined || security === undefined || security.state !== "started") {
      this.#connection.refuse(callId, 0, FaultStatus.protocolError, "an auth3 out of place");
      return;
    }
    // It is never answered; a refusal shows when a call names the context.
    const done = (): void => {
      if (security.state === "started") security.state = "failed";
    };
    this.#step(security, auth, done, () => {});
  }

  leave(): void {
    if (this.#group !== undefined) this.#host.groups.leave(this.#group);
    this.#group = undefined;
  }
}

function bareTrailer(auth: AuthVerifier): Uint8Array {
  const writer = new ByteWriter(8);
  encodeVerifier(writer, auth);
  return writer.finish();
}

function refusalOf(auth: AuthVerifier): number {
  const { service, level } = auth;
  const known = service !== AuthnService.none && level > AuthnLevel.none && level <= AuthnLevel.privacy;
  return known ? BindNakReason.authenticationTypeNotRecognized : BindNakReason.notSpecified;
}
