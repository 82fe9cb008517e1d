/**
 * The scenarios in which the bot is ended at every await boundary: short price paths through full cycles of every kind of wallet, in
 * both position modes, with and without amendments, with a measured unit, and what operators and strangers do. Answers come at once and a process is back before the next price, so a run with a
 * crash has to end exactly like one without (I12). Prices are five minutes apart: two processes that end one after the other leave a
 * request unknown for its deadline each. After an act the same price comes again: a process that ends while it acts is back before it moves.
 */
import { parseTape } from './tape.ts';
import type { CampaignTape } from './tape.ts';

const TAPES: readonly string[] = [
  'hedge/rotation/2/m1 every=300 | +1 -1 -1 -1 +1 +1 +1',
  'hedge/rotation/2/m1 mode=one-way noamend every=300 | +1 -1 -1 -1 +1 +1 +1',
  'hedge/scaling/2/m1 every=300 | -1 -1 -1 +1 +1',
  'hedge/scaling/2/m1 mode=one-way every=300 | +1 -1 -1 -1 +1 +1',
  'long/fragments/2/m1 noamend every=300 | +1 -1 -1 -1 +1 +1',
  'long/fragments/2/m2 hedge/scaling/2/m1 joint mode=one-way every=300 | +1 -1 -1 -1 -1 +1 +1 +1',
  'hedge/rotation/1/m1 unit=atr every=300 | -1 -1 +1 +1',
  'long/fragments/2/m1 every=300 | +1 @halt +0 -1 @resume +0 -1',
  'hedge/scaling/1/m1 every=300 | -1 @flatten +0 +1 @resume +0 +1',
  'long/fragments/2/m1 every=300 | -1 @close:long:0.5 +0 @adopt +0 +1',
];

export const GOLDEN_TAPES: readonly CampaignTape[] = TAPES.map(parseTape);

/** Long enough that a supervisor would do it, and well before the next price. */
export const GOLDEN_DOWN_MS = 1_000;
