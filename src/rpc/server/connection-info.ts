import { ComError, HResult } from "../../base/index.ts";
import type { Connection } from "../transport/transport.ts";
import type { AssociationGroup } from "./association-groups.ts";
import type { RpcConnection } from "./dispatcher.ts";

/** What dispatchers see of a connection. */
export class ConnectionInfo implements RpcConnection {
  readonly #connection: Connection;
  readonly data: Map<unknown, unknown> = new Map();
  #group: AssociationGroup | undefined;
  #listeners: (() => void)[] | undefined = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get protseq(): string {
    return this.#connection.protseq;
  }

  get remote(): string {
    return this.#connection.remote;
  }

  get local(): string {
    return this.#connection.local;
  }

  get isPrivate(): boolean {
    return this.#connection.isPrivate;
  }

  get group(): AssociationGroup {
    if (this.#group === undefined) throw new ComError(HResult.E_UNEXPECTED, "the connection is not bound");
    return this.#group;
  }

  joined(group: AssociationGroup): void {
    this.#group = group;
  }

  onClose(listener: () => void): void {
    if (this.#listeners === undefined) listener();
    else this.#listeners.push(listener);
  }

  left(): void {
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener();
  }
}
