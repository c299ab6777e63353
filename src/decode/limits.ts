/** Limits on what a capture may make us hold. Each names the attack it stops; each has a hostile test. */
export interface DecodeLimits {
  /** Largest packet of a capture, bytes. Stops a record length that points far past any real packet. */
  readonly maxPacketBytes: number;
  /** Largest capture after decompression, bytes. Stops a small gzip file from filling memory. */
  readonly maxCaptureBytes: number;
  /** Interfaces of one pcapng section. Stops endless interface blocks. */
  readonly maxInterfaces: number;
  /** IP datagrams being put together at one time; the oldest is forgotten. Stops endless first fragments. */
  readonly maxFragmentedDatagrams: number;
  /** TCP connections remembered at one time; the one silent for longest is forgotten. Stops a flood of SYNs. */
  readonly maxConnections: number;
  /** Bytes held per direction while an earlier segment is missing. Past it the segment counts as lost. */
  readonly maxPendingBytes: number;
  /** Segments held per direction while an earlier one is missing. Stops floods of one-byte segments. */
  readonly maxPendingSegments: number;
  /** Largest SMB message, bytes. Its 24-bit length would allow 16 MiB. */
  readonly maxSmbMessageBytes: number;
  /** SMB requests of one connection whose answer is awaited; the oldest is forgotten. */
  readonly maxSmbRequests: number;
  /** Named pipes open on one SMB connection; the one opened first is forgotten. */
  readonly maxPipes: number;
  /** Remarks (lost segments, malformed headers) passed on; the rest are counted only. */
  readonly maxNotes: number;
}

export const defaultDecodeLimits: DecodeLimits = {
  maxPacketBytes: 16 * 1024 * 1024,
  maxCaptureBytes: 2 * 1024 * 1024 * 1024 - 1,
  maxInterfaces: 4096,
  maxFragmentedDatagrams: 1024,
  maxConnections: 65_536,
  maxPendingBytes: 16 * 1024 * 1024,
  maxPendingSegments: 4096,
  maxSmbMessageBytes: 16 * 1024 * 1024,
  maxSmbRequests: 4096,
  maxPipes: 4096,
  maxNotes: 10_000,
};
