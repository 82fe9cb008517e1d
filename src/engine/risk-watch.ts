/**
 * Watches a plan's risk limits (DOMAIN §8): keeps the extremes they are measured against, says which is hit, and between which prices
 * none can be.
 */
import { dec } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { RiskLimit } from '../domain/strategy.ts';
import type { Exchange } from '../ports/exchange.ts';
import type { PriceBand } from './price-band.ts';
import { equityOfPlan, newRiskMemory, rememberEquity, riskBand, riskHit } from './risk.ts';
import type { RiskHit, RiskMemory } from './risk.ts';
import { factsOf, operationOf } from './step.ts';
import type { PlanState } from './step.ts';

/** Limits that can still change something: while paused only those that do more than pause, while stopped none. */
export function activeLimits(limits: readonly RiskLimit[], state: PlanState): readonly RiskLimit[] {
  const operation = operationOf(state);
  if (operation === 'running') return limits;
  return operation === 'paused' ? limits.filter(({ action }) => action !== 'pause') : [];
}

export class RiskWatch {
  readonly #limits: readonly RiskLimit[];
  readonly #accounts: ReadonlySet<string>;
  readonly #exchange: Exchange;
  #memory: RiskMemory | null;

  constructor(limits: readonly RiskLimit[], accounts: ReadonlySet<string>, exchange: Exchange, memory: RiskMemory | null) {
    this.#limits = limits;
    this.#accounts = accounts;
    this.#exchange = exchange;
    this.#memory = memory;
  }

  /** Null until the plan has started; stored with it. */
  get memory(): RiskMemory | null {
    return this.#memory;
  }

  remember(state: PlanState, mark: DecimalString, at: number): void {
    const equity = equityOfPlan(state.wallets.map(factsOf), dec(mark));
    this.#memory = this.#memory === null ? newRiskMemory(equity, at) : rememberEquity(this.#memory, equity, at);
  }

  /** The limit whose action is due now, or null. */
  async check(state: PlanState, mark: DecimalString): Promise<RiskHit | null> {
    const limits = activeLimits(this.#limits, state);
    if (limits.length === 0 || this.#memory === null) return null;
    return riskHit(limits, this.#memory, state.wallets.map(factsOf), dec(mark), await this.#marginRatio(limits));
  }

  band(state: PlanState): PriceBand {
    return this.#memory === null ? { low: 0, high: Infinity } : riskBand(activeLimits(this.#limits, state), this.#memory, state.wallets.map(factsOf));
  }

  /** The worst of the plan's accounts; read only where a limit asks for it. */
  async #marginRatio(limits: readonly RiskLimit[]): Promise<DecimalString | null> {
    if (!limits.some(({ name }) => name === 'maxMarginRatio')) return null;
    let worst: DecimalString | null = null;
    for (const account of this.#accounts) {
      const { balance } = await this.#exchange.fetchSnapshot(account);
      if (balance.marginRatio !== null && (worst === null || dec(balance.marginRatio).greaterThan(worst))) worst = balance.marginRatio;
    }
    return worst;
  }
}
