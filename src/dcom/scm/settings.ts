/**
 * The settings of a machine's service control manager. Defaults stand here; the registry key
 * HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Ole overrides them (see docs/scm.md for the value names), and options of `Scm.open` override both.
 */
export interface ScmSettings {
  /** EnableDCOM: whether other machines may activate and call here at all. */
  readonly enableDcom: boolean;
  /** Lowest authentication level an activation may come in with: 5 (integrity) as Windows since KB5004442; lower only by name, with a warning. */
  readonly minimumActivationLevel: number;
  /** LegacyAuthenticationLevel: the level clients are told to use with our objects (authnHint), and our own default. */
  readonly authenticationLevel: number;
  /** Milliseconds between pings ([MS-DCOM] 3.1.2.1: 120 s). */
  readonly pingPeriod: number;
  /** Missed periods after which references are given up. */
  readonly pingsMissed: number;
  /** Milliseconds a launched server has to register its class; then CO_E_SERVER_EXEC_FAILURE. */
  readonly launchTimeout: number;
  /** Failed launches of one class within `crashWindow` after which it is not launched for that long. Stops a server that dies at start from eating the machine. */
  readonly crashLimit: number;
  /** Milliseconds; see `crashLimit`. */
  readonly crashWindow: number;
  /** Most servers being launched at once. Stops a burst of activations from starting a thousand programs. */
  readonly maxLaunches: number;
  /** Most processes joined at once. */
  readonly maxProcesses: number;
  /** Most class registrations of one process. Stops one broken program from filling the table. */
  readonly maxClassesPerProcess: number;
  /** Most running objects that one process names. Stops one broken program from filling the table. */
  readonly maxRunningPerProcess: number;
  /** Milliseconds a server has to answer an activation. */
  readonly activationTimeout: number;
}

export const defaultScmSettings: ScmSettings = {
  enableDcom: true,
  minimumActivationLevel: 5,
  authenticationLevel: 6,
  pingPeriod: 120_000,
  pingsMissed: 3,
  launchTimeout: 30_000,
  crashLimit: 5,
  crashWindow: 60_000,
  maxLaunches: 16,
  maxProcesses: 4096,
  maxClassesPerProcess: 4096,
  maxRunningPerProcess: 4096,
  activationTimeout: 60_000,
};
