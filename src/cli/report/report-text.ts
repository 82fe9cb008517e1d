/** A report for people: figures rounded to cents, durations in the largest units that matter. JSON and CSV keep every digit. */
import type { CycleRow, Percentiles, PlanReport, WalletReport } from '../../adapters/postgres/ledger/ledger-report.ts';
import { cents, duration, signedCents } from '../figure-text.ts';
import { columns } from '../text-layout.ts';
import type { Alignment } from '../text-layout.ts';
import type { Style } from '../style.ts';

/** Cycles shown of a wallet, the newest; all of them are in --json and --csv. */
const CYCLES_SHOWN = 10;

export function reportText(reports: readonly PlanReport[], since: string | null, store: string, style: Style): string {
  const head = `${store}, ${since === null ? 'since the plans began' : `since ${moment(since)} UTC`}\n`;
  return `${head}${reports.map((plan) => `\n${planText(plan, style)}`).join('')}`;
}

function planText(plan: PlanReport, style: Style): string {
  const reason = plan.operationReason === null ? '' : ` (${plan.operationReason})`;
  const lines = [
    `${style.bold(plan.plan)}  ${plan.symbol} at ${plan.price}, ${plan.operation}${reason}, ${plan.phase}, ${moment(plan.startedAt)} to ${moment(plan.asOf)} UTC`,
    ...indented(table(['wallet', 'equity', 'profit', 'unrealised', 'realised', 'fees', 'funding', 'net', 'turnover', 'fills', 'resets', 'won'], moneyRows(plan))),
    ...plan.wallets.flatMap((wallet) => walletLines(wallet, style)),
    ...requestLines(plan),
  ];
  return `${lines.join('\n')}\n`;
}

function moneyRows(plan: PlanReport): string[][] {
  const row = (name: string, of: PlanReport | WalletReport): string[] => [
    name,
    cents(of.equity),
    signedCents(of.profit),
    signedCents(of.unrealised),
    signedCents(of.realised),
    cents(of.fees),
    signedCents(of.funding),
    signedCents(of.net),
    cents(of.turnover),
    String(of.fills),
    String(of.resets),
    percent(of.winRate),
  ];
  const wallets = plan.wallets.map((wallet) => row(wallet.wallet, wallet));
  return plan.wallets.length === 1 ? wallets : [...wallets, row('all', plan)];
}

function walletLines(wallet: WalletReport, style: Style): string[] {
  const phases = wallet.phases.map(({ phase, entered, seconds, share }) => [phase, String(entered), duration(seconds), percent(share)]);
  const roles = wallet.roles.map((role) => [
    role.role,
    String(role.orders.placed),
    String(role.orders.filled),
    String(role.orders.cancelled),
    String(role.fills),
    signedCents(role.realised),
    cents(role.fees),
    role.slippage === null ? '' : signedCents(role.slippage),
    role.slippageBps === null ? '' : role.slippageBps.toFixed(1),
    ...times(role.orderToFillMs),
  ]);
  const cycles = wallet.cycles.slice(-CYCLES_SHOWN);
  const shown = cycles.length === wallet.cycles.length ? '' : `, the newest ${cycles.length} of ${wallet.cycles.length}`;
  return [
    '',
    `  ${style.bold(wallet.wallet)}  ${wallet.phase} at unit ${wallet.unit} of ${wallet.entryPrice}, ${wallet.long} long, ${wallet.short} short`,
    ...indented(table(['phase', 'entered', 'time', 'share'], phases)),
    '',
    ...indented(table(['orders', 'placed', 'filled', 'cancelled', 'fills', 'realised', 'fees', 'slippage', 'bps', 'to fill p50', 'p99', 'max'], roles)),
    '',
    ...indented(table([`cycles${shown}`, 'from', 'time', 'ended by', 'anchor', 'profit', '%', 'realised', 'fees', 'funding', 'fills'], cycles.map(cycleLine))),
  ];
}

function cycleLine(cycle: CycleRow): string[] {
  return [
    String(cycle.cycle),
    moment(cycle.startedAt),
    duration(cycle.seconds),
    cycle.endReason ?? 'running',
    cycle.anchor,
    signedCents(cycle.profit),
    cycle.profitPercent === null ? '' : cycle.profitPercent.toFixed(2),
    signedCents(cycle.realised),
    cents(cycle.fees),
    signedCents(cycle.funding),
    String(cycle.fills),
  ];
}

function requestLines({ requests }: PlanReport): string[] {
  if (requests.length === 0) return [];
  const rows = requests.map(({ kind, sent, done, refused, unknown, pending, answerMs }) => [kind, String(sent), String(done), String(refused), String(unknown + pending), ...times(answerMs)]);
  return ['', ...indented(table(['requests', 'sent', 'done', 'refused', 'open', 'answer p50', 'p99', 'max'], rows))];
}

/** The first column to the left, texts too, everything else to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const alignments: Alignment[] = head.map((title, index) => (index === 0 || title === 'ended by' || title === 'from' ? 'left' : 'right'));
  return rows.length === 0 ? [] : columns([head, ...rows], alignments);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function percent(share: number | null): string {
  return share === null ? '' : `${(share * 100).toFixed(1)} %`;
}

function moment(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

function times(of: Percentiles | null): string[] {
  return of === null ? ['', '', ''] : [of.p50, of.p99, of.max].map((ms) => (ms < 1_000 ? `${ms} ms` : duration(ms / 1_000)));
}
