/**
 * Tapes that once broke an invariant, each with what the user would have seen, newest last. `isCompared`: the run also has to end like the
 * same run without its crashes (I12), which only crashes that are over before the next price allow.
 */
export interface Regression {
  readonly tape: string;
  readonly story: string;
  readonly isCompared?: boolean;
}

export const REGRESSIONS: readonly Regression[] = [
  { tape: 'hedge/rotation/4/m1 !62/1000 | +1', story: 'a stop that was not moved before a crash stayed where it was until the next price', isCompared: true },
  { tape: 'hedge/rotation/4/m1 !142/1000 | +1 -1 -1 -1 -1 -1', story: 'after a crash between two amendments 0.003 of the short had no cover', isCompared: true },
  { tape: 'hedge/scaling/3/m1 mode=one-way !115/1000 | +1 -1 -1 -1 -1 +1 +1 +1 +1', story: 'a netted flip kept its old trigger and double amount after a crash', isCompared: true },
  { tape: 'long/fragments/2/m1 hedge/scaling/2/m1 mode=one-way joint !58/1000 | +1 -1 -1 -1 +1 +1 +1 +1', story: 'a netted order whose amendment never happened kept the legs of the amendment', isCompared: true },
  { tape: 'long/fragments/3/m2 latency=200 !46/1000 | +1 -2 -1 -1 +1 +1 +1', story: 'a slid window was left half way when the process ended' },
  { tape: 'long/fragments/2/m1 hedge/rotation/2/m1 latency=100 noamend !76/1000 | +1 -1 -1 -1 +1 +1 +1', story: 'old and new stop of one fragment both rested after a crash, for more than the wallet held' },
  { tape: 'long/fragments/2/m1 hedge/rotation/2/m1 latency=100 noamend !268/1000 | +1 -1 -1 -1 +1 +1 +1', story: 'two stops rested in one slot after a crash' },
  { tape: 'hedge/scaling/2/m1 !99/1000 | -1 -1 -1', story: 'the covers of a valley stayed a unit too high after a crash', isCompared: true },
  { tape: 'hedge/scaling/1/m2 pieces !30/1000/1 | L+1', story: 'a lost commit made eight trades of one order count as one: an eighth of the position was protected' },
  { tape: 'hedge/scaling/5/m2 resting=2 latency=250 | -1 -2 -2', story: 'after a jump the fresh shorts were bought back at market although the price was not through their covers' },
  { tape: 'hedge/scaling/3/m2 resting=1 skip lossy | -0.5 -1 -1.5', story: 'an entry that was skipped took the only place of its window, and the next fragment had no stop' },
  { tape: 'long/fragments/1/m1 lossy lag=3000 | L-2', story: 'a lagging list reopened an order that the stream had told was filled' },
  { tape: 'hedge/scaling/2/m1 lossy lag=3000 | -1', story: 'both orders of a flip came back from the dead with a lagging list' },
  { tape: 'long/fragments/4/m2 hedge/scaling/3/m2 resting=1 skip !1/373488/1 | L+0 L+1 L-1 L+0 L+0 L-1 L-2', story: 'a plan that started late left a fragment without a stop' },
  { tape: 'long/fragments/40+30+20+10/m1 hedge/scaling/3/m2 unit=1% lossy gap funding=5 r8:slow=12000 p7:void !66/249679/1 | L-2 L+2', story: 'a lost commit left a short that no order closed' },
  {
    tape: 'hedge/scaling/3/m1 mode=one-way resting=2 skip lossy latency=250 noamend funding=5 seed=652863 r365:slow=12000 c24:void c27:void | L+0 L+1 -1 +1 -0.5 +0.5 +0.8 @refuse:400000:INSUFFICIENT_MARGIN -0.5 +1 -0.5 -0.5 -1',
    story: 'a refused cancellation was sent again with every pass',
  },
  { tape: 'hedge/scaling/1/m2 mode=one-way | @close:short:0.3 @adl:long:0.3', story: 'what somebody had closed by hand was never noticed after an ADL had halted the plan' },
  { tape: 'long/fragments/5/m1 hedge/rotation/5/m1 cap=10 | +1 -1 -1 -1 +1 -1 -1', story: 'under a cap of conditional orders far stops gave way to near entries' },
];
