/** Statuses of the endpoint mapper ([C706] appendix E). */
export const EptStatus = {
  ok: 0,
  cantPerformOperation: 0x16c9a0cd,
  invalidEntry: 0x16c9a0d3,
  invalidContext: 0x16c9a0d5,
  notRegistered: 0x16c9a0d6,
} as const;
