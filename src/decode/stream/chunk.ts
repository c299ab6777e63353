/** Bytes of a stream that one frame brought. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly frame: number;
  readonly time: bigint;
}

/** What receives one direction of a stream, in order. */
export interface StreamSink {
  data(chunk: Chunk): void;
  /** `length` bytes were never captured; what follows comes after them. */
  gap(length: number, frame: number): void;
  /** Nothing more will come. */
  end(): void;
}
