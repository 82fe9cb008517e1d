/** A broken invariant as a value: which one, what it says, the facts that show it, and where on the path it was seen. */

export interface Violation {
  /** `I6`; `ladder` when the resting orders differ from the independent ladder, `engine` when the bot itself stopped. */
  readonly invariant: string;
  /** One sentence that names the invariant's number. */
  readonly message: string;
  /** Plain data, short enough to print. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** 0 is the opening price. */
  readonly step: number;
  /** Exchange time, ms. */
  readonly at: number;
}

/** What a check reports; the auditor adds step and time. */
export type Finding = Pick<Violation, 'invariant' | 'message' | 'facts'>;

export function finding(invariant: string, sentence: string, facts: Readonly<Record<string, unknown>>): Finding {
  return { invariant, message: `${invariant}: ${sentence}`, facts };
}
