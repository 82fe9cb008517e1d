/** A running plan as plain data for the auditor, which must not know the bot's own types. */
import { dec, plain } from '../domain/decimal.ts';
import { equityOf } from '../domain/ledger.ts';
import { longOf, positionOf, shortOf } from '../domain/wallet.ts';
import type { WalletState } from '../engine/step.ts';
import { factsOf, operationOf, phaseOf } from '../engine/step.ts';
import type { PlanRunner } from '../engine/plan-runner.ts';
import type { AuditedPlan, AuditedWallet } from './auditor/audited-plan.ts';

/** Null while the plan has not started; its failure is then the caller's to look at. */
export function auditedPlan(runner: PlanRunner): AuditedPlan | null {
  const { state, strategy, instrument, prices } = runner;
  if (state === null || prices === null) return null;
  return {
    name: strategy.name,
    symbol: strategy.symbol,
    positionMode: strategy.exchange.positionMode,
    spacing: strategy.spacing,
    instrument,
    windows: strategy.windows,
    operation: operationOf(state),
    mark: prices.mark,
    wallets: state.wallets.map((wallet) => auditedWallet(wallet, runner, prices.mark)),
    external: runner.memory.external,
    isAdopted: false,
    conditionalCap: null,
    failure: runner.failure?.message ?? null,
  };
}

function auditedWallet(wallet: WalletState, { strategy }: PlanRunner, mark: string): AuditedWallet {
  const facts = factsOf(wallet);
  const position = positionOf(facts);
  return {
    name: wallet.name,
    account: strategy.wallets.find(({ name }) => name === wallet.name)?.account ?? strategy.exchange.account,
    cycleKind: facts.parameters.cycle,
    weights: facts.parameters.weights,
    cycle: facts.cycle,
    phase: phaseOf(wallet),
    isOpened: facts.isOpened,
    hasTraded: facts.hasTraded,
    entriesAllowed: facts.entriesAllowed,
    anchor: facts.anchor,
    unitSize: facts.unitSize,
    notional: facts.notional,
    top: facts.top,
    rungs: facts.rungs.map(({ out, long, short }) => ({ isOut: out, long, short })),
    coreLong: facts.coreLong,
    strayShort: facts.strayShort,
    long: plain(longOf(facts)),
    short: plain(shortOf(facts)),
    ledger: facts.ledger,
    equity: plain(equityOf(facts.ledger, position, dec(mark))),
  };
}
