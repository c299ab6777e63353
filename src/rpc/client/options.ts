import type { Clock, Limits, Logger } from "../../base/index.ts";
import type { SyntaxId } from "../pdu/syntax.ts";
import type { Transport } from "../transport/transport.ts";

/** Options of {@link Association.connect}; all but `transports` have defaults. */
export interface AssociationOptions {
  /** The ways to connect; the endpoint's protocol sequence chooses. */
  readonly transports: readonly Transport[];
  readonly limits?: Limits;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Milliseconds for connecting, and for each bind. Default: `limits.handshakeTimeout`. */
  readonly timeout?: number;
  /** Milliseconds for each call that has no timeout of its own. Default: none. */
  readonly callTimeout?: number;
  /** Aborts connecting. */
  readonly signal?: AbortSignal;
  /** Largest fragment to send and to receive. Default: what the transport offers (65,528). */
  readonly maxFragment?: number;
  /** The group to join, from an earlier association to the same server; context handles are shared within it. Default: a new one. */
  readonly associationGroup?: number;
  /** Ask for signatures over whole packets ([MS-RPCE] 3.3.1.5.2.2). Default true. */
  readonly headerSigning?: boolean;
  /** Ask for bind-time features ([MS-RPCE] 3.3.1.5.3). Default true. */
  readonly bindTimeFeatures?: boolean;
  /**
   * Encodings offered, each in a presentation context of its own, as Windows does ([MS-RPCE] 3.3.1.5.6). The server takes one. Default: NDR 2.0
   * and NDR64.
   */
  readonly transferSyntaxes?: readonly SyntaxId[];
  /** When the server takes another encoding than the first, ask for the first alone, as Windows does for objects. Default false. */
  readonly insistOnFirst?: boolean;
  /** Take an answer with an unknown call id for that of the only call outstanding (some servers answer every call with id 1). */
  readonly lenientCallIds?: boolean;
  /** Milliseconds after which the server is told that a cancelled call's answer is no longer waited for. Default 10,000. */
  readonly orphanAfter?: number;
}
