import { ComError, type Guid, HResult, failed } from "../../base/index.ts";
import {
  type Channel,
  IID_IUnknown,
  type MarshalOptions,
  type RemoteObject,
  contractOf,
} from "../../com/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import type { REMQIRESULT } from "../gen/dcom.ts";
import type { Oid } from "../resolver-contract.ts";
import { SORF_NOPING, type StdObjref } from "../std-objref.ts";
import { RemoteSettings } from "./blanket.ts";
import { limited } from "./limited.ts";
import { OrpcChannel } from "./orpc-channel.ts";
import type { Front } from "../handlers.ts";
import type { RemoteExporter } from "./remote-exporter.ts";

/** References are taken five at a time, so that some can be passed on without asking; and not given back one by one. */
export const wantedReferences = 5;
/** Above this many the surplus is given back: a server that hands the same object out again and again would make the count overflow. */
const mostReferences = 1 << 20;

/** One interface of a remote object: its IPID and the public references this process owns. */
export interface InterfaceReference {
  readonly iid: Guid;
  readonly ipid: Guid;
  publicRefs: number;
}

/** Interfaces asked for together, and the answers in the same order. */
interface Question {
  readonly iids: Guid[];
  readonly answers: Promise<readonly REMQIRESULT[]>;
}

/**
 * The client side of one remote object (the standard identity object of proxies): counts the handles here, owns the references there, and knows the channel to
 * each interface. When the last handle goes, all references go back at once.
 */
export class RemoteReference implements RemoteObject {
  readonly exporter: RemoteExporter;
  readonly oid: Oid;
  /** SORF_NOPING: this process does not ping for it. */
  readonly noPing: boolean;
  /** What stands in front of the object here: its handler. */
  front: Front | undefined;
  /** The class the object wants in front of it; goes along when the reference is passed on. */
  handlerClass: Guid | undefined;
  /** Milliseconds for calls without a timeout of their own. */
  timeout: number | undefined;
  #settings: RemoteSettings | undefined;
  readonly #references = new Map<Guid, InterfaceReference>();
  readonly #channels = new Map<Guid, OrpcChannel>();
  #asking: Map<Guid, Promise<InterfaceReference>> | undefined;
  #restocking: Map<InterfaceReference, Promise<void>> | undefined;
  #question: Question | undefined;
  #handles = 0;
  /** Channels with a proxy of somebody's own above them. */
  #replaced: Map<Guid, Channel> | undefined;
  #tables = 0;
  #released = false;

  constructor(exporter: RemoteExporter, std: StdObjref) {
    this.exporter = exporter;
    this.oid = std.oid;
    this.noPing = (std.flags & SORF_NOPING) !== 0;
  }

  get identity(): string {
    return `${this.exporter.oxid.toString(16)}:${this.oid.toString(16)}`;
  }

  /** Takes over the references that came with an OBJREF. `counted`: whether to take some of our own where none came. */
  receive(iid: Guid, std: StdObjref, counted = true): InterfaceReference {
    const known = this.#references.get(iid);
    if (known !== undefined && known.ipid === std.ipid) {
      known.publicRefs += std.publicRefs;
      if (known.publicRefs > mostReferences) this.#giveBack(known, known.publicRefs - wantedReferences);
      return known;
    }
    // An interface that was let go and exported anew has another IPID: the new one counts, the old one's references go back.
    if (known !== undefined) this.#giveBack(known, known.publicRefs);
    const reference: InterfaceReference = {
      iid,
      ipid: std.ipid,
      publicRefs: std.publicRefs,
    };
    this.#references.set(iid, reference);
    this.#channels.get(iid)?.reset(reference);
    // A table-marshaled reference brings no count: take some of our own, so that the object stays while it is used here.
    if (std.publicRefs === 0 && counted) void this.#restock(reference);
    return reference;
  }

  hold(): void {
    this.#handles++;
  }

  unhold(): void {
    if (--this.#handles > 0 || this.#released) return;
    this.#released = true;
    this.exporter.forget(this);
    this.#settings?.close();
    for (const channel of this.#replaced?.values() ?? []) channel.close?.();
    for (const reference of this.#references.values()) this.#giveBack(reference, reference.publicRefs);
  }

  /** The runtime ends: everything goes back, whatever handles are left. */
  abandon(): void {
    this.#handles = 1;
    this.unhold();
  }

  /** The channel to an interface that is known, or a lazy one that asks for it at the first call. */
  channel(iid: Guid): Channel {
    const replaced = this.#replaced?.get(iid);
    if (replaced !== undefined) return replaced;
    const fresh = !this.#channels.has(iid);
    const channel = this.wire(iid);
    if (fresh) {
      const { proxyStubs } = this.exporter.marshaling;
      const above =
        iid === IID_IUnknown ? channel : (proxyStubs?.channel(contractOf(iid), channel) ?? channel);
      if (above !== channel) {
        (this.#replaced ??= new Map()).set(iid, above);
        return above;
      }
    }
    return channel;
  }

  /** Call options and security of its proxies. */
  get settings(): RemoteSettings {
    return (this.#settings ??= new RemoteSettings(this));
  }

  /** The channel itself, without what stands above it. */
  wire(iid: Guid): OrpcChannel {
    let channel = this.#channels.get(iid);
    if (channel === undefined) {
      channel = new OrpcChannel(this, iid, this.#references.get(iid));
      this.#channels.set(iid, channel);
    }
    return channel;
  }

  queryInterface(iid: Guid, options?: CallOptions): Channel | Promise<Channel> {
    if (this.#references.has(iid)) return this.channel(iid);
    const asked = limited(this.reference(iid), options, this.exporter.clock, `QueryInterface {${iid}}`);
    return asked.then(() => this.channel(iid));
  }

  /** The IPID and references of an interface, asked for when not known: IRemUnknown::RemQueryInterface. Rejects with E_NOINTERFACE. */
  reference(iid: Guid): Promise<InterfaceReference> {
    const known = this.#references.get(iid);
    if (known !== undefined) return Promise.resolve(known);
    const under = (this.#asking ??= new Map());
    let asking = under.get(iid);
    if (asking === undefined) {
      asking = this.#query(iid).finally(() => under.delete(iid));
      under.set(iid, asking);
    }
    return asking;
  }

  /**
   * A reference to pass on to somebody else, out of our own stock: the receiver owns it. Throws (and leaves in `message.pending` what to wait for) when the
   * stock is down to the one we need ourselves, or the interface is not known yet.
   */
  passOn(
    iid: Guid,
    message: { pending: Promise<unknown> | undefined } | undefined,
    kind: MarshalOptions["kind"] = "normal",
  ): StdObjref {
    const reference = this.#references.get(iid);
    if (reference === undefined) {
      const pending = this.reference(iid);
      return notYet(message, pending, "the interface must be asked for first");
    }
    if (kind !== "normal") return this.#tableEntry(reference, kind);
    if (reference.publicRefs < 2) {
      return notYet(message, this.#restock(reference), "no reference is left to pass on");
    }
    reference.publicRefs--;
    if (reference.publicRefs < 2) void this.#restock(reference);
    const { oxid } = this.exporter;
    const flags = this.noPing ? SORF_NOPING : 0;
    return { flags, publicRefs: 1, oxid, oid: this.oid, ipid: reference.ipid };
  }

  /** As `passOn`, waiting for what has to be asked for. */
  async passOnWhenReady(iid: Guid): Promise<StdObjref> {
    const message: { pending: Promise<unknown> | undefined } = { pending: undefined };
    for (;;) {
      try {
        return this.passOn(iid, message);
      } catch (error) {
        if (message.pending === undefined) throw error;
        await message.pending;
        message.pending = undefined;
      }
    }
  }

  /** A table's entry carries no references; a strong one keeps the object as long as it stands there. */
  #tableEntry(reference: InterfaceReference, kind: MarshalOptions["kind"]): StdObjref {
    if (kind === "tableWeak") {
      throw new ComError(
        HResult.E_INVALIDARG,
        "only the object's own process marshals it weakly into a table",
      );
    }
    this.hold();
    this.#tables++;
    const { oxid } = this.exporter;
    const flags = this.noPing ? SORF_NOPING : 0;
    return { flags, publicRefs: 0, oxid, oid: this.oid, ipid: reference.ipid };
  }

  /** Takes an entry out of a table (CoReleaseMarshalData). */
  releaseTable(): void {
    if (this.#tables === 0) return;
    this.#tables--;
    this.unhold();
  }

  /** What is asked for within one turn goes in one RemQueryInterface. */
  async #query(iid: Guid): Promise<InterfaceReference> {
    const source = this.#references.values().next().value;
    if (source === undefined)
      throw new ComError(HResult.RPC_E_DISCONNECTED, "no interface of the object is known");
    this.#question ??= this.#ask(source.ipid);
    const { iids, answers } = this.#question;
    const place = iids.push(iid) - 1;
    const answer = (await answers)[place];
    if (answer === undefined)
      throw new ComError(HResult.RPC_E_INVALID_DATA, "no result for the interface asked for");
    if (failed(answer.hResult))
      throw new ComError(answer.hResult, undefined, { remote: true, where: `{${iid}}` });
    const { flags, cPublicRefs: publicRefs, oxid, oid, ipid } = answer.std;
    const reference = this.receive(iid, { flags, publicRefs, oxid, oid, ipid });
    // The last handle may have gone meanwhile: nobody else will give these back.
    if (this.#released) this.#giveBack(reference, reference.publicRefs);
    return reference;
  }

  #ask(source: Guid): Question {
    const iids: Guid[] = [];
    const ask = (): Promise<readonly REMQIRESULT[]> => {
      this.#question = undefined;
      return this.exporter.queryInterfaces(source, iids);
    };
    return { iids, answers: Promise.resolve().then(ask) };
  }

  #restock(reference: InterfaceReference): Promise<void> {
    const under = (this.#restocking ??= new Map());
    let restocking = under.get(reference);
    if (restocking === undefined) {
      restocking = this.#takeMore(reference).finally(() => under.delete(reference));
      restocking.catch(() => undefined); // whoever waits for it is told; a refill in advance may fail silently
      under.set(reference, restocking);
    }
    return restocking;
  }

  async #takeMore(reference: InterfaceReference): Promise<void> {
    await this.exporter.addReferences(reference.ipid, wantedReferences);
    reference.publicRefs += wantedReferences;
    if (this.#released || this.#references.get(reference.iid) !== reference) {
      this.#giveBack(reference, reference.publicRefs);
    }
  }

  #giveBack(reference: InterfaceReference, count: number): void {
    if (count <= 0) return;
    reference.publicRefs -= count;
    this.exporter.releases.add({ ipid: reference.ipid, cPublicRefs: count, cPrivateRefs: 0 });
  }
}

function notYet(
  message: { pending: Promise<unknown> | undefined } | undefined,
  pending: Promise<unknown>,
  what: string,
): never {
  if (message === undefined) pending.catch(() => undefined);
  else message.pending = pending;
  throw new ComError(HResult.RPC_E_CALL_REJECTED, `${what}; try again when it is there`);
}
