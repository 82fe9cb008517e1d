/**
 * In which phase a wallet or the plan was when something happened, and what each phase earned.
 *
 * A phase lasts from the moment after its row until the moment of the next one: the fill that ends a phase belongs to it, with its fee.
 * Orders of a start or reset belong to RESET, which takes no time in a backtest and has no row then: what they cost is taken from the phase
 * they ended.
 */
import { PHASES } from '../../machines/wallet-cycle.ts';
import type { Phase } from '../../machines/wallet-cycle.ts';
import type { WalletName } from '../domain/strategy.ts';
import type { SeriesHoldings } from './equity-walk.ts';
import { scaledOf } from './exact-sum.ts';
import { PhaseSum } from './fill-sums.ts';
import { lastRow } from './path-price.ts';
import type { PathPrice } from './path-price.ts';
import type { PhaseMetrics } from './run-metrics.ts';
import type { FillRow, FundingRow, RunRecord } from './run-record.ts';

export interface PhaseWorth {
  readonly holdings: SeriesHoldings;
  /** Equity before the first order and at the end. */
  readonly capital: number;
  readonly equity: number;
}

export class PhaseClock {
  readonly of: WalletName | 'plan';
  readonly #starts: readonly number[];
  readonly #phases: readonly Phase[];
  readonly #sums = new Map<Phase, PhaseSum>(PHASES.map((phase) => [phase, new PhaseSum()]));
  /** What reset orders cost, to be moved from the phase they ended to RESET. */
  readonly #moved = new Map<Phase, number>();
  /** Moments of RESET: those of its rows, where it lasted, and those of its fills. */
  readonly #resets: Set<number>;
  readonly #end: number;

  constructor(of: WalletName | 'plan', { phases, to }: RunRecord) {
    const own = phases.filter((row) => row.of === of);
    this.of = of;
    this.#starts = own.map(({ at }) => at);
    this.#phases = own.map(({ phase }) => phase);
    this.#resets = new Set(own.filter(({ phase }) => phase === 'RESET').map(({ at }) => at));
    this.#end = to;
  }

  /** The phase the fill belongs to. */
  sumAt(fill: FillRow): PhaseSum {
    const ended = this.#phaseAt(fill.at);
    if (this.of === 'plan' || !(fill.role === 'market-buy' || fill.role === 'rebalance')) return this.#sumOf(ended);
    this.#resets.add(fill.at);
    const cost = Number(fill.fee) + Number(fill.slippage);
    this.#move('RESET', -cost);
    this.#move(ended, cost);
    return this.#sumOf('RESET');
  }

  addFunding({ at, amount }: FundingRow): void {
    this.#sumOf(this.#phaseAt(at)).funding.add(scaledOf(amount));
  }

  rows(worth: PhaseWorth, prices: PathPrice): PhaseMetrics[] {
    const results = this.#results(worth, prices);
    const whole = this.#end - (this.#starts[0] ?? this.#end);
    return PHASES.flatMap((phase) => {
      const entered = phase === 'RESET' ? this.#resets.size : this.#phases.filter((each) => each === phase).length;
      const sum = this.#sumOf(phase);
      if (entered === 0 && sum.fills === 0) return [];
      const timeMs = this.#phases.reduce((time, each, row) => (each === phase ? time + this.#endOf(row) - (this.#starts[row] ?? 0) : time), 0);
      const result = (results.get(phase) ?? 0) + (this.#moved.get(phase) ?? 0);
      const texts = { fees: sum.fees.text, slippage: sum.slippage.text, funding: sum.funding.text };
      return [{ of: this.of, phase, entered, timeMs, timeShare: whole > 0 ? timeMs / whole : 0, result, resultOfCapital: result / worth.capital, fills: sum.fills, ...texts }];
    });
  }

  #results({ holdings, capital, equity }: PhaseWorth, prices: PathPrice): Map<Phase, number> {
    const results = new Map<Phase, number>();
    let before = capital;
    for (const [row, phase] of this.#phases.entries()) {
      const isLast = row === this.#phases.length - 1;
      const after = isLast ? equity : equityAt(holdings, this.#endOf(row), prices);
      results.set(phase, (results.get(phase) ?? 0) + after - before);
      before = after;
    }
    return results;
  }

  #endOf(row: number): number {
    return this.#starts[row + 1] ?? this.#end;
  }

  /** The first one for what happened at the start. */
  #phaseAt(moment: number): Phase {
    const row = lastRow(this.#starts, this.#starts.length, (start) => start < moment);
    return this.#phases[Math.max(0, row)] ?? 'ADVANCE';
  }

  #sumOf(phase: Phase): PhaseSum {
    const sum = this.#sums.get(phase);
    if (sum === undefined) throw new RangeError(`${phase} is no phase`);
    return sum;
  }

  #move(phase: Phase, amount: number): void {
    this.#moved.set(phase, (this.#moved.get(phase) ?? 0) + amount);
  }
}

function equityAt({ length, at, balance, position }: SeriesHoldings, moment: number, prices: PathPrice): number {
  const row = Math.max(0, lastRow(at, length, (each) => each <= moment));
  return (balance[row] ?? 0) + (position[row] ?? 0) * prices.at(moment);
}
