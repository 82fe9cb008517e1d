/**
 * The kill switch outside the store (I17): a plan that was told to halt or flatten stays told, whatever becomes of the store, until a
 * person resumes it.
 */
export interface LatchRecord {
  readonly action: 'halt' | 'flatten';
  readonly reason: string;
  readonly at: number;
}

export interface KillLatch {
  /** Null when the plan is free. An unreadable latch counts as set. */
  read(plan: string): Promise<LatchRecord | null>;
  /** On disk when it resolves. */
  set(plan: string, record: LatchRecord): Promise<void>;
  clear(plan: string): Promise<void>;
}
