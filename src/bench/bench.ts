/** What a benchmark is made of: a group of rows that are measured together, round after round, so that their ratios hold on a busy machine. */

/** Of the median, or of the 99th percentile. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number } | { readonly p99AtMost: number };

export interface RowSpec {
  readonly name: string;
  /** Of every sample: `prices/s`, `µs`, `MB`. */
  readonly unit: string;
  readonly goal?: Goal;
  /** Another row of the group, measured in the same rounds, to be divided by. */
  readonly yardstick?: string;
  /** What the number contains, where the name does not say it. */
  readonly note?: string;
}

/** By row name, the samples of one round; a row that is missing was not measured in it. */
export type Samples = Readonly<Record<string, readonly number[]>>;

export interface OpenBench {
  round(): Promise<Samples>;
  close(): Promise<void>;
}

export interface Bench {
  readonly group: string;
  readonly rows: readonly RowSpec[];
  /** A round whose samples are thrown away comes first: the compiler has to warm up. */
  readonly warmsUp: boolean;
  /** Fewer rounds than asked for, where one takes seconds. */
  readonly roundsMax?: number;
  open(): Promise<OpenBench>;
}
