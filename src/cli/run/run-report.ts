/** What a run shows: a status line per plan while it goes, a summary at its end. Figures are rounded for people; JSON keeps every digit. */
import Table from 'cli-table3';
import { dec, plain } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { equityOf, unrealisedOf } from '../../domain/ledger.ts';
import { positionOf, rungsOut } from '../../domain/wallet.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { equityOfPlan } from '../../engine/risk.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf } from '../../engine/step.ts';
import type { Phase } from '../../../machines/wallet-cycle.ts';

export interface WalletSummary {
  readonly wallet: string;
  readonly phase: string;
  readonly unit: number;
  readonly rungsOut: number;
  readonly rungs: number;
  readonly resets: number;
  readonly capital: DecimalString;
  readonly equity: DecimalString;
  readonly realised: DecimalString;
  readonly unrealised: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
  /** How often each phase was entered in this run. */
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
}

export interface PlanSummary {
  readonly plan: string;
  readonly symbol: string;
  readonly operation: string;
  readonly reason: string | null;
  readonly phase: string;
  readonly price: DecimalString | null;
  readonly equity: DecimalString;
  readonly orders: number;
  readonly fills: number;
  readonly requests: number;
  readonly error: string | null;
  readonly wallets: readonly WalletSummary[];
}

/** Counts phases as they are entered; one per run. */
export class PhaseCounter {
  readonly #counts = new Map<string, Map<Phase, number>>();

  note(plan: string, wallet: string, phase: Phase): void {
    const key = `${plan}/${wallet}`;
    const counts = this.#counts.get(key) ?? new Map<Phase, number>();
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
    this.#counts.set(key, counts);
  }

  of(plan: string, wallet: string): Readonly<Partial<Record<Phase, number>>> {
    return Object.fromEntries(this.#counts.get(`${plan}/${wallet}`) ?? []);
  }
}

export function summarise(runner: PlanRunner, phases: PhaseCounter): PlanSummary {
  const { strategy, state, prices, counters } = runner;
  const mark = dec(prices?.mark ?? '0');
  const base = { plan: strategy.name, symbol: strategy.symbol, fills: counters.fills, requests: counters.requests, orders: runner.workingOrders.length, error: runner.failure?.message ?? null };
  if (state === null) {
    return { ...base, operation: 'waiting', reason: 'no price yet, or too few candles for its ATR', phase: '-', price: prices?.last ?? null, equity: '0', wallets: [] };
  }
  return {
    ...base,
    operation: runner.failure === null ? operationOf(state) : 'stopped',
    reason: planFactsOf(state).reason,
    phase: planPhaseOf(state),
    price: prices?.last ?? null,
    equity: plain(equityOfPlan(state.wallets.map(factsOf), mark)),
    wallets: state.wallets.map((wallet) => {
      const facts = factsOf(wallet);
      const position = positionOf(facts);
      return {
        wallet: wallet.name,
        phase: phaseOf(wallet),
        unit: facts.unit,
        rungsOut: rungsOut(facts),
        rungs: facts.parameters.weights.length,
        resets: facts.cycle,
        capital: facts.ledger.capital,
        equity: plain(equityOf(facts.ledger, position, mark)),
        realised: facts.ledger.realised,
        unrealised: plain(unrealisedOf(facts.ledger, position, mark)),
        fees: facts.ledger.fees,
        funding: facts.ledger.funding,
        phases: phases.of(strategy.name, wallet.name),
      };
    }),
  };
}

export function statusLine(runner: PlanRunner, at: number): string {
  const { state, strategy, prices } = runner;
  const when = new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  if (state === null || prices === null) return `${when}  ${strategy.name}  waiting for prices`;
  const wallets = state.wallets.map((wallet) => {
    const facts = factsOf(wallet);
    return `${wallet.name} ${phaseOf(wallet)} ${signed(facts.unit)} ${rungBar(facts.rungs.map((rung) => rung.out))} #${facts.cycle}`;
  });
  const equity = equityOfPlan(state.wallets.map(factsOf), dec(prices.mark)).toFixed(2);
  const status = runner.failure !== null ? '  STOPPED' : operationOf(state) === 'running' ? '' : `  ${operationOf(state).toUpperCase()}`;
  return `${when}  ${strategy.name.padEnd(18)} ${prices.last.padStart(10)}  ${wallets.join('  ')}  equity ${equity}  ${runner.workingOrders.length} orders${status}`;
}

function signed(unit: number): string {
  return unit > 0 ? `+${unit}` : String(unit);
}

/** `▲` a rung that is in, `▽` one that is out. */
function rungBar(out: readonly boolean[]): string {
  return out.map((isOut) => (isOut ? '▽' : '▲')).join('');
}

export function summaryTable(plans: readonly PlanSummary[]): string {
  const table = new Table({
    head: ['plan', 'wallet', 'phase', 'resets', 'phases entered', 'equity', 'return', 'realised', 'fees', 'funding'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'left', 'right', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const plan of plans) {
    for (const wallet of plan.wallets) {
      const gain = dec(wallet.equity).minus(wallet.capital).div(wallet.capital).times(100);
      table.push([
        plan.plan,
        wallet.wallet,
        wallet.phase,
        wallet.resets,
        phasesText(wallet.phases),
        dec(wallet.equity).toFixed(2),
        `${gain.isNegative() ? '' : '+'}${gain.toFixed(2)} %`,
        dec(wallet.realised).toFixed(2),
        dec(wallet.fees).toFixed(2),
        dec(wallet.funding).toFixed(2),
      ]);
    }
  }
  const lines = plans.flatMap((plan) => {
    const line = `${plan.plan}: ${plan.operation}${plan.reason === null ? '' : ` (${plan.reason})`}, ${plan.fills} fills, ${plan.requests} requests, ${plan.orders} orders rest`;
    const remedy = remedyOf(plan.plan, plan.operation);
    return [line, ...(plan.error === null ? [] : [`  ${plan.error}`]), ...(remedy === null ? [] : [`  ${remedy}`])];
  });
  return `${table.toString()}\n${lines.join('\n')}\n`;
}

function phasesText(phases: WalletSummary['phases']): string {
  const names: Readonly<Record<Phase, string>> = { ADVANCE: 'adv', RETRACEMENT: 'retr', DECLINE: 'decl', RECOVERY: 'reco', RESET: '' };
  return (Object.entries(phases) as [Phase, number][]).filter(([phase]) => phase !== 'RESET').map(([phase, count]) => `${names[phase]} ${count}`).join(' ');
}

/** Which command ends what a plan has come to; null where none has to. */
export function remedyOf(plan: string, operation: string): string | null {
  switch (operation) {
    case 'paused':
      return `hedgerow resume ${plan} lets it go on`;
    case 'halted':
      return `its orders are cancelled: hedgerow resume ${plan} lets it trade again, hedgerow flatten ${plan} closes what it may still hold`;
    case 'flattening':
      return `it closes every position and is halted then; hedgerow status ${plan} shows how far it is`;
    case 'diverged':
      return `the exchange holds something else than the ledger: hedgerow adopt ${plan} takes over what is there, hedgerow flatten ${plan} closes everything`;
    default:
      return null;
  }
}
