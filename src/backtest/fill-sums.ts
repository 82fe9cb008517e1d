/** What the fills of a run add up to, exact: one pass over them, into sums per wallet and role, per cycle and per phase. */
import type { DecimalString } from '../domain/decimal.ts';
import type { WalletName } from '../domain/strategy.ts';
import { ExactSum, productOf, scaledOf } from './exact-sum.ts';
import type { Scaled } from './exact-sum.ts';
import type { PhaseClock } from './phase-clock.ts';
import type { FillRow, RunRecord } from './run-record.ts';

export class RoleSum {
  fills = 0;
  readonly turnover = new ExactSum();
  readonly takerFees = new ExactSum();
  readonly makerFees = new ExactSum();
  readonly slippage = new ExactSum();
}

export class CycleSum {
  /** An order of the ladder filled: not only the one that began the cycle. */
  hasTraded = false;
  readonly slippage = new ExactSum();
}

export class PhaseSum {
  fills = 0;
  readonly fees = new ExactSum();
  readonly slippage = new ExactSum();
  readonly funding = new ExactSum();
}

export interface FillSums {
  readonly roles: ReadonlyMap<WalletName, ReadonlyMap<FillRow['role'], RoleSum>>;
  readonly cycles: ReadonlyMap<WalletName, ReadonlyMap<number, CycleSum>>;
}

/** `clocks` tell in which phase of a wallet and of the plan a fill happened, and take the phases' sums. */
export function sumFills({ fills }: RunRecord, clocks: readonly PhaseClock[]): FillSums {
  const roles = new Map<WalletName, Map<FillRow['role'], RoleSum>>();
  const cycles = new Map<WalletName, Map<number, CycleSum>>();
  for (const fill of fills) {
    const fee = scaledOf(fill.fee);
    const slippage = scaledOf(fill.slippage);
    const role = ensured(ensured(roles, fill.wallet, newMap<FillRow['role'], RoleSum>), fill.role, newRoleSum);
    role.fills += 1;
    role.turnover.add(productOf(scaledOf(fill.price), scaledOf(fill.amount)));
    (fill.takerOrMaker === 'taker' ? role.takerFees : role.makerFees).add(fee);
    role.slippage.add(slippage);
    const cycle = ensured(ensured(cycles, fill.wallet, newMap<number, CycleSum>), fill.cycle, newCycleSum);
    cycle.hasTraded ||= fill.level !== null;
    cycle.slippage.add(slippage);
    for (const clock of clocks) if (clock.of === 'plan' || clock.of === fill.wallet) addTo(clock.sumAt(fill), fee, slippage);
  }
  return { roles, cycles };
}

function addTo(sum: PhaseSum, fee: Scaled, slippage: Scaled): void {
  sum.fills += 1;
  sum.fees.add(fee);
  sum.slippage.add(slippage);
}

function newMap<Key, Value>(): Map<Key, Value> {
  return new Map();
}
const newRoleSum = (): RoleSum => new RoleSum();
const newCycleSum = (): CycleSum => new CycleSum();

function ensured<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}

export function sumOfTexts(texts: Iterable<DecimalString>): ExactSum {
  const sum = new ExactSum();
  for (const text of texts) sum.add(scaledOf(text));
  return sum;
}
