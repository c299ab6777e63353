/** Something a reader of the capture should know that is not a PDU: lost bytes, a malformed header, a cut file. */
export interface DecodeNote {
  /** Frame where it was noticed; 0 for the file as a whole. */
  readonly frame: number;
  /** TCP stream number (as tshark counts them), when it concerns one. */
  readonly stream?: number | undefined;
  readonly text: string;
}

/** Collects notes up to a limit and counts the rest. */
export class Notes {
  readonly list: DecodeNote[] = [];
  /** Notes left out because the limit was reached. */
  dropped = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(frame: number, text: string, stream?: number): void {
    if (this.list.length >= this.#limit) this.dropped++;
    else this.list.push(stream === undefined ? { frame, text } : { frame, stream, text });
  }
}
