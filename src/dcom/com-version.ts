/** A version of the DCOM Remote Protocol ([MS-DCOM] 2.2.11). */
export interface ComVersion {
  readonly major: number;
  readonly minor: number;
}

/** The version we speak. */
export const comVersion: ComVersion = { major: 5, minor: 7 };

/** The lowest minor version we answer and call ([MS-DCOM] 1.7). */
export const lowestMinor = 1;

/** True for a request we serve: major 5, minor not above ours and not below 1 ([MS-DCOM] 3.1.1.5.2). */
export function accepts(version: ComVersion): boolean {
  return (
    version.major === comVersion.major && version.minor >= lowestMinor && version.minor <= comVersion.minor
  );
}

/** The version to call a peer with: the lower of the two ([MS-DCOM] 3.2.4.2). */
export function negotiate(theirs: ComVersion): ComVersion {
  if (theirs.major !== comVersion.major) return comVersion;
  return theirs.minor < comVersion.minor
    ? { major: 5, minor: Math.max(lowestMinor, theirs.minor) }
    : comVersion;
}
