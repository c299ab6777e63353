/** One measurement made inside one process. */
export interface Row {
  readonly work: string;
  readonly contender: string;
  readonly perSecond: number;
}
