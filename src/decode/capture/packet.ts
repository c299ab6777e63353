/** One packet of a capture. */
export interface Packet {
  /** Number of the packet in the file, from 1, as Wireshark counts. */
  readonly frame: number;
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly time: bigint;
  /** What `data` begins with: LINKTYPE_ number of the tcpdump registry. */
  readonly linkType: number;
  /** The captured bytes; a view of the file. */
  readonly data: Uint8Array;
  /** Length on the wire; more than `data.length` when the capture cut packets short. */
  readonly length: number;
}

/** A time of a capture as ISO 8601 text in UTC, to the nanosecond where the nanoseconds say something. */
export function formatTime(time: bigint): string {
  const millis = Number(time / 1_000_000n);
  const nanos = Number(time % 1_000_000_000n);
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) return `${time} ns`;
  const micros = Math.floor(nanos / 1000);
  const fraction = micros * 1000 === nanos ? String(micros).padStart(6, "0") : String(nanos).padStart(9, "0");
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`;
}
