const SYS_WIN64 = 3;

/** Bytes of a pointer on the system a library is for. ([MS-OAUT] 2.2.45) */
export function pointerSizeOf(sysKind: number): number {
  return sysKind === SYS_WIN64 ? 8 : 4;
}
