/** Time as a dependency; the engine never reads it elsewhere (I24). */
export interface Clock {
  /** Wall clock, ms since 1970, UTC; may step. For what is written down. */
  now(): number;
  /** Ms since some moment of this process, never going back: for deadlines. */
  elapsed(): number;
}
