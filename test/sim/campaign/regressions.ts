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
  { tape: 'long/fragments/1/m1 hedge/scaling/3/m1 resting=2 stop-limit x11:partial=0.5/3000 | -1 -1 +3', story: 'a half-filled flip took a place of its window from the stop of a whole fragment' },
  { tape: 'hedge/rotation/3/m1 resting=1 skip x5:bounded=0.1 | L-1 -2 +1 -3', story: 'the cover of a half-filled entry took the only place of its window' },
  { tape: 'hedge/scaling/1/m1 r12:timeout !15/296837 !37/221962 | -1 -0.5 +3 -2 -3 +1 +3 -1', story: 'a new plan whose first price was not answered waited for one that never came' },
  { tape: 'long/fragments/2/m2 hedge/rotation/40+30+20+10/m1 geometric latency=20 gap noamend seed=177795 s1:unsure s2:unsure s4:unsure s6:unsure s7:unsure s8:unsure p2:void s12:unsure s14:unsure s15:unsure p4:twice s20:unsure s21:unsure s22:unsure s23:unsure p6:twice p8:void s30:unsure s31:unsure s32:unsure r33:missing=conditional-orders/1+history/1 s35:unsure s36:unsure s40:unsure s42:unsure s45:unsure s46:unsure s47:unsure s49:unsure s50:unsure s51:unsure s53:unsure s55:unsure s56:away r41:missing=conditional-orders/0+orders/2+history/1+positions/1 s59:unsure s60:unsure s61:unsure s63:unsure s64:unsure s66:unsure s68:unsure s69:unsure s70:unsure c5:void s77:away s80:unsure s81:unsure s82:unsure s83:unsure s85:unsure s86:unsure s89:away s92:unsure s94:unsure s96:unsure s98:unsure s100:unsure s103:unsure s106:unsure | +0.5 +0.41 +0.19', story: 'a plan that waited for its store was taken to be at rest' },
  { tape: 'long/fragments/4/m2 hedge/scaling/3/m1 lossy cap=7 | +1', story: 'under a cap smaller than its stops a plan ran with a fragment that had none; it is not started any more' },
  { tape: 'hedge/scaling/1/m2 mode=one-way | @maintenance:400000:halted:cancels:gap', story: 'a plan whose orders the exchange had cancelled in a maintenance was taken to be in order while a refused one waited' },
  { tape: 'hedge/scaling/1/m2 lossy noamend x6:partial=0.1/300000 | -1 -1 L+2 L-1 @refuse:400000:INSUFFICIENT_MARGIN', story: 'twelve attempts a minute to protect a position counted as a storm because the minutes after the last fault were counted as one' },
  { tape: 'long/fragments/3/m1 hedge/scaling/1/m1 mode=one-way latency=250 noamend x1:refused x5:partial=0/3000 x7:partial=0.9/400 | L-1 L+2 L+1', story: 'a reset that was still selling kept the stop of the cycle before beside the new one' },
  { tape: 'long/fragments/4/m1 resting=1 stop-limit lossy cap=10 noamend x1:partial=0/400 x6:partial=0.5/45000 c2:void | L-1 L-2 L+1', story: 'the stop of a half-filled re-entry took the only place of its window from the one that was needed' },
  { tape: 'long/fragments/3/m1 hedge/scaling/1/m2 resting=2 lossy latency=20 p91:again=300000 | @close:long:1 -1 -1 L-1', story: 'stops for what somebody had closed by hand were sent every five seconds, and refused' },
  { tape: 'long/fragments/4/m2 lossy latency=250 funding=5 a15:again=12000 | -1 -1 L+1 L+2 L-2 L-1 L-2 L-1 L-2 L-2 L-2 L+2 L+1 +2.8', story: 'an amendment that was delivered again, late, moved an order back and nobody noticed' },
  { tape: 'hedge/rotation/2/m1 mode=one-way lossy x2:bounded=0.5 q25:drop p50:slow=12000 | -0.5 +0.1 -0.2 -0.5', story: 'the stop that was left of a netted order was sent 49 times in a moment although the price was through it' },
  { tape: 'long/fragments/2/m1 hedge/rotation/2/m1 mode=one-way noamend !40/123177/1 | L+1', story: 'after a lost commit a client order id was given to a second order' },
  { tape: 'hedge/rotation/1/m2 mode=one-way lossy lag=3000 latency=250 noamend !39/814/1 | L+2', story: 'after a lost commit an order that had been cancelled was written down as working again' },
  { tape: 'long/fragments/1/m2 x1:refused !30/394799/1 | L+1', story: 'after a lost commit the start was bought under the id of an order the exchange had rejected' },
  { tape: 'hedge/scaling/4/m2 mode=one-way resting=2 x5:partial=0.1/3000 | L-1 L-2 L-1 @pause L-1 L+1 L+2', story: 'while paused, the remainder of a half-filled flip gave up the cover of its last lot' },
  { tape: 'hedge/rotation/1/m1 lossy x7:partial=0.1/1 x10:partial=0.5/300000 | L-1 L+1 L-2 L+1 L+2 L+1 L-2', story: 'an order that was still filling was taken to be done, and its fill to be another wish of the plan' },
  { tape: 'long/fragments/4/m1 resting=1 stop-limit lossy cap=10 noamend x1:partial=0/400 x6:partial=0.5/45000 c2:void !607/908 | L+0 L-1 L+0 L-2 L+1 L+1', story: 'a window of one stop that let go of the second one was taken for giving up protection, on the word of a process that had ended' },
  { tape: 'hedge/scaling/3/m1 advance=3 latency=20 slippage=5 x1:partial=0.1/45000 x7:bounded=0.5 x8:partial=0/300000 | +1 +1 +1 +1 @liquidate @resume +1 -1 @reset -0.5', story: 'half a reset ended early, and what its other half still bought was nobody\'s and had no stop' },
  { tape: 'hedge/scaling/4/m2 mode=one-way forgetful !61/1000/1 | L+1', story: 'after a lost amendment a netted order rested for other legs than it was wanted for' },
  { tape: 'hedge/scaling/4/m2 mode=one-way | L-1 L-2 L-1 @pause L-1', story: 'while paused, the larger last fragment was short of cover by its remainder' },
  { tape: 'hedge/rotation/1/m1 stop-limit lossy x1:partial=0.5/1 x7:partial=0.1/1 x10:partial=0.5/300000 | L-1 L+1 L-2 L+1 L+2 L+1 L-2', story: 'a limit order of a stop that had fired was taken to be done while the rest of it was still to fill' },
  { tape: 'long/fragments/3/m1 hedge/rotation/1/m2 mode=one-way apart forgetful !142/1000/4 | -1 @close:short:1 -1 +1', story: 'an id that the exchange had refused was taken for one that had been an order' },
  { tape: 'hedge/scaling/1/m2 mode=one-way | @refuse:400000:MAX_OPEN_ORDERS -1 -1', story: 'a netted order and the close in it were tried in turns while both were refused' },
  { tape: 'long/fragments/40+30+20+10/m1 hedge/scaling/3/m1 mode=one-way lev=2 geometric resting=1 lossy lag=3000 cap=7 latency=250 pieces funding=5 e208:late=1 | -1 -2.7 +2.9 -2.7 -0.2 -1.2 +0.5 +1 +0.8 +0.8 -3 -3 @stale:400000 -0.02 +2 @pause', story: 'while paused, a flip that had been protected in part stayed so when the rest of it came back' },
  { tape: 'long/fragments/4/m1 hedge/scaling/40+30+20+10/m2 forgetful funding=5 !27/350157 !56/174593 !94/224905 !95/52776 | L+1 L+1 L-1 L+1 L+1 L+1 +1 +1 -3 -3 -0.1 -0.2 L-2 @blind:90000 L-2 L+0', story: 'a funding payment that was heard before the fill it was paid on was booked on nobody' },
  { tape: 'long/fragments/2/m1 hedge/scaling/2/m1 mode=one-way geometric resting=1 skip lossy forgetful r10:slow=12000 r23:slow=12000 r24:slow=12000 r56:slow=12000 r68:slow=12000 !206/1000/1 !207/397332 | +2 -0.2 -3 +2 +1', story: 'what a lost netted order had bought for one wallet was booked on another, whose rungs do not own it, and had no stop' },
  { tape: 'hedge/scaling/2/m2 mode=one-way latency=250 noamend seed=649020 p5:twice | @maintenance:400000:halted:cancels:gap -1 -1 +1 +1 +1 L+0 L+0', story: 'a close that rested gave way to the netted order it belonged to, which was then not asked for, and so on' },
  { tape: 'hedge/scaling/3/m2 mode=one-way slippage=5 | -2 -3 @order:short:1:market +2 +2 @adl:long:0.3', story: "a forced close of what is net somebody else's was taken from the wrong side of a wallet" },
  { tape: 'hedge/scaling/4/m1 geometric joint latency=20 slippage=5 gap funding=5 r2:timeout r8:timeout r10:timeout x1:partial=0.1/45000 r19:timeout r26:timeout r29:timeout r31:timeout r36:timeout r39:timeout r43:timeout r44:timeout r52:timeout r71:timeout r75:timeout r80:timeout r84:timeout r95:timeout r96:timeout r101:timeout r108:timeout r116:timeout r117:timeout r124:timeout r127:timeout r139:timeout r142:timeout !73/170 !106/743 !210/307 !254/628 !221/898 ~299/34351 !346/650 | +1 +1 +1 +1 +1 @liquidate', story: 'a funding payment that was read after the liquidation it came before was booked on nobody' },
  { tape: 'long/fragments/2/m1 hedge/scaling/2/m2 mode=one-way | -1 -1 @pause -1', story: 'while paused, what closes had no order where an entry of another wallet rested in its place' },
  { tape: 'long/fragments/1/m2 hedge/scaling/1/m1 mode=one-way | -1 @settings:positionMode:hedge', story: 'stops were sent into an account that somebody had put into another position mode, again and again' },
  { tape: 'long/fragments/2/m1 hedge/scaling/4/m1 resting=2 skip lossy cap=7 | -1 L-2', story: 'under a cap, entries the price had jumped over took the places of others' },
  { tape: 'hedge/scaling/1/m1 !1/317188 | @settings:positionMode:one-way', story: 'an account that was in another position mode before the plan started was taken for a broken start' },
];
