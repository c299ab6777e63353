import { AuthnService, type Identity } from "../../auth/index.ts";
import {
  type Clock,
  type Guid,
  type Logger,
  silentLogger,
  systemClock,
  tryParseGuid,
} from "../../base/index.ts";
import type { AccessGate } from "../exporter/dispatcher.ts";
import { permits } from "./access.ts";
import type { ClassCatalog } from "./catalog.ts";

/** How long a decision about a caller holds, milliseconds: a changed permission counts after this. */
const remembered = 5000;

/** A caller who proved nothing. */
const nobody: Identity = { account: "", domain: "", anonymous: true, service: AuthnService.none };

interface Decision {
  readonly allowed: boolean;
  readonly until: number;
}

/** The AppID this process was launched for (COMITY_APPID). */
function launchedFor(): Guid | undefined {
  return tryParseGuid(process.env["COMITY_APPID"] ?? "");
}

/**
 * Access permission for the objects of a process: of its AppID (default: the one it was launched for), or the machine's default. Callers over the local socket are the machine's owner
 * and always pass.
 */
export function accessGate(
  catalog: ClassCatalog,
  appId: Guid | undefined = launchedFor(),
  options: { readonly logger?: Logger; readonly clock?: Clock } = {},
): AccessGate {
  const { logger = silentLogger, clock = systemClock } = options;
  const decisions = new WeakMap<Identity, Decision>();
  const decide = (identity: Identity): boolean => {
    const list = (appId === undefined ? undefined : catalog.access(appId)) ?? catalog.defaults().access;
    const { account, domain, sid, anonymous } = identity;
    const name = domain === "" ? account : `${domain}\\${account}`;
    const allowed = permits(list, {
      account: anonymous ? undefined : name,
      local: false,
      ...(sid && { sid }),
    });
    if (!allowed) {
      const who = anonymous ? "an anonymous caller" : name;
      logger.warn(
        { gate: "access permission", account: name },
        `call refused: ${who} may not access this server`,
      );
    }
    return allowed;
  };
  return ({ call }) => {
    if (call.connection.isPrivate) return true;
    const { identity } = call;
    if (identity === undefined) return decide(nobody);
    const now = clock.monotonic();
    let decision = decisions.get(identity);
    if (decision === undefined || decision.until < now) {
      decision = { allowed: decide(identity), until: now + remembered };
      decisions.set(identity, decision);
    }
    return decision.allowed;
  };
}
