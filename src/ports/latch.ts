/**
 * The kill switch outside the store (I17): a plan that was told to halt or flatten stays told, whatever becomes of the store, until a
 * person resumes it.
 */
export interface LatchRecord {
  readonly action: 'halt' | 'flatten';
  readonly reason: string;
  readonly at: number;
  /**
   * How far the plan's journal was when it was set: a `resume` that was written down later, by whichever bot, has lifted it. Absent where
   * that could not be told: then only a resume on the same data folder lifts it.
   */
  readonly journal?: { readonly startedAt: number; readonly seq: number };
}

/** The plan was resumed after the latch was set. No clock is asked: two machines may differ. */
export function isLifted({ journal }: LatchRecord, plan: { readonly startedAt: number; readonly resumedSeq: number }): boolean {
  return journal !== undefined && journal.startedAt === plan.startedAt && journal.seq < plan.resumedSeq;
}

export interface KillLatch {
  /** Null when the plan is free. An unreadable latch counts as set. */
  read(plan: string): Promise<LatchRecord | null>;
  /** On disk when it resolves. */
  set(plan: string, record: LatchRecord): Promise<void>;
  clear(plan: string): Promise<void>;
}
