/** Seeded randomness. The same seed gives the same sequence on every machine (I22). */
export interface Random {
  /** Uniform integer in [0, bound), bound ≤ 2^32. */
  integer(bound: number): number;
  /** Uniform in [0, 1). For paths and statistics; never for money. */
  fraction(): number;
  /** Standard normal. */
  normal(): number;
  /** An independent stream, a function of this seed and the label only. */
  fork(label: string): Random;
}
