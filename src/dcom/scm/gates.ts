import { authnLevelName } from "../../auth/index.ts";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import type { Caller } from "../../com/index.ts";
import { permits } from "./access.ts";
import type { ClassCatalog, ServerClass } from "./catalog.ts";
import type { ScmSettings } from "./settings.ts";

/** Who asks for an activation, and how well the request was protected. */
export interface ActivationOrigin extends Caller {
  readonly authenticationLevel: number;
  /** Where the request came from, for the log. */
  readonly from: string;
  readonly pid?: number;
  /** The request came over no network, in whoever's name. */
  readonly onThisMachine?: boolean;
}

/**
 * The doors an activation passes before anything is launched. Each refusal is E_ACCESSDENIED with the name of its gate and is logged: on
 * the wire they all look alike, so the log is where an administrator finds out which one it was.
 */
export class ActivationGates {
  readonly #settings: () => ScmSettings;
  readonly #catalog: ClassCatalog;
  readonly #logger: Logger;

  constructor(settings: () => ScmSettings, catalog: ClassCatalog, logger: Logger) {
    this.#settings = settings;
    this.#catalog = catalog;
    this.#logger = logger;
  }

  /** What can be refused before the class is known: DCOM switched off, nobody logged on, too low a level. */
  enter(origin: ActivationOrigin): void {
    if (origin.local || origin.onThisMachine === true) return;
    const { enableDcom, minimumActivationLevel } = this.#settings();
    if (!enableDcom) this.#refuse("DCOM disabled", origin, "EnableDCOM is off on this machine");
    const level = origin.authenticationLevel;
    if (level < minimumActivationLevel) {
      const least = authnLevelName(minimumActivationLevel);
      const given = authnLevelName(level);
      this.#refuse("level too low", origin, `activation needs ${least} or better, it came in with ${given}`);
    }
    if (origin.account === undefined) {
      this.#refuse("logon", origin, "an anonymous caller may not activate");
    }
  }

  /** Launch and activation permission, then access permission, of the class's AppID or the machine's default. */
  useClass(server: ServerClass, origin: ActivationOrigin): void {
    const defaults = this.#catalog.defaults();
    const who = origin.account ?? "the caller";
    if (!permits(server.launchPermission ?? defaults.launch, origin)) {
      this.#refuse("launch permission", origin, `${who} may not launch or activate ${server.name}`);
    }
    if (!permits(server.accessPermission ?? defaults.access, origin)) {
      this.#refuse("access permission", origin, `${who} may not access ${server.name}`);
    }
  }

  #refuse(gate: string, origin: ActivationOrigin, message: string): never {
    const { from, account, authenticationLevel } = origin;
    this.#logger.warn({ gate, from, account, authenticationLevel }, `activation refused: ${message}`);
    throw new ComError(HResult.E_ACCESSDENIED, message, { gate });
  }
}
