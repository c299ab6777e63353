/** Where the code of an object may run (CLSCTX bits). */
export const ClassContext = {
  /** In the caller's process, from the class's module. */
  INPROC_SERVER: 0x1,
  /** In the caller's process, standing in for an object elsewhere. */
  INPROC_HANDLER: 0x2,
  /** In another process of this machine. */
  LOCAL_SERVER: 0x4,
  /** On another machine. */
  REMOTE_SERVER: 0x10,
  /** CLSCTX_SERVER: anywhere, as a real object. */
  SERVER: 0x15,
  /** CLSCTX_ALL, the default. Searched in this order: in process, handler, local, remote. */
  ALL: 0x17,
  NO_CODE_DOWNLOAD: 0x400,
  NO_FAILURE_LOG: 0x4000,
  ENABLE_CODE_DOWNLOAD: 0x2000,
} as const;

/** The bits that lead out of the process. */
export const BEYOND_PROCESS: number = ClassContext.LOCAL_SERVER | ClassContext.REMOTE_SERVER;
/** The bits that stay within it. */
export const WITHIN_PROCESS: number = ClassContext.INPROC_SERVER | ClassContext.INPROC_HANDLER;
