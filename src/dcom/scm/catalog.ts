import type { Guid } from "../../base/index.ts";
import type { AccessList } from "./access.ts";
import type { ScmSettings } from "./settings.ts";

/** What the SCM needs to know of a class and its AppID, read from the registry. */
export interface ServerClass {
  /** The class that is served: the one asked for, or where TreatAs leads. */
  readonly clsid: Guid;
  /** For people: the ProgID or the class's name. */
  readonly name: string;
  readonly appId: Guid | undefined;
  /** LocalServer32: the command line of the program that serves the class. */
  readonly localServer: string | undefined;
  /** InprocServer32: the module a surrogate can load. */
  readonly inprocServer: string | undefined;
  /** DllSurrogate of the AppID: "" for the default surrogate, a command line for a custom one, undefined when there is none. */
  readonly surrogate: string | undefined;
  /** RemoteServerName of the AppID: activations go to that machine. */
  readonly remoteServerName: string | undefined;
  /** ServiceParameters of the AppID: put behind the command line. */
  readonly serviceParameters: string | undefined;
  /** RunAs of the AppID. Only the account the SCM itself runs as can be served without privileges. */
  readonly runAs: string | undefined;
  /** ROTFlags of the AppID: 1 lets any client find its running objects. */
  readonly rotFlags?: number | undefined;
  /** AuthenticationLevel of the AppID. */
  readonly authenticationLevel: number | undefined;
  /** LaunchPermission of the AppID; without it the machine's default holds. */
  readonly launchPermission: AccessList | undefined;
  /** AccessPermission of the AppID; without it the machine's default holds. */
  readonly accessPermission: AccessList | undefined;
}

/** Where the SCM looks classes up. The registry is the real one; a test may hand in a table. */
export interface ClassCatalog {
  /** The class, TreatAs followed; undefined when it is not registered. */
  find(clsid: Guid): ServerClass | undefined;
  /** AccessPermission of an AppID, for the process that serves it. */
  access(appId: Guid): AccessList | undefined;
  /** DefaultLaunchPermission and DefaultAccessPermission of the machine. */
  defaults(): { readonly launch: AccessList | undefined; readonly access: AccessList | undefined };
  /** What the registry says about the SCM itself. */
  settings(): Partial<ScmSettings>;
}
