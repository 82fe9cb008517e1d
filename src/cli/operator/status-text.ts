/** The state of plans as people read it. Rounded where the digits do not help; JSON keeps every one. */
import { dec } from '../../domain/decimal.ts';
import { remedyOf } from '../run/run-report.ts';
import type { Style } from '../style.ts';
import { columns, signed, wrappedText } from '../text-layout.ts';
import type { PlanStatus, WalletStatus } from './plan-status.ts';

export function statusText(status: PlanStatus, style: Style): string {
  const lines = [`${style.bold(status.plan)}  ${status.symbol}  ${operationText(status, style)}`];
  if (status.reason !== null) lines.push(...wrappedText('  ', status.reason));
  lines.push(`  ${[priceText(status), status.phase, `${status.orders.working} orders rest${status.orders.unknown > 0 ? `, of ${status.orders.unknown} it is not known` : ''}`].filter((part) => part !== null).join(', ')}`);
  lines.push(...walletLines(status.wallets).map((line) => `  ${line}`));
  const unprotected = status.wallets.flatMap(unprotectedOf);
  if (unprotected.length > 0) lines.push(...wrappedText('  ', `no confirmed order closes ${unprotected.join(', ')}`).map(style.yellow));
  if (status.latch !== null) lines.push(...wrappedText('  ', `latched to ${status.latch.action} (${status.latch.reason}); only hedgerow resume ${status.plan} ends it`).map(style.yellow));
  for (const { action, requestedBy, requestedAt } of status.pendingActions) lines.push(`  ${action} asked for by ${requestedBy} at ${timeText(requestedAt)}: not done yet`);
  const remedy = remedyOf(status.plan, status.operation);
  if (remedy !== null && status.latch === null) lines.push(...wrappedText('  ', remedy));
  lines.push(...wrappedText('  ', whereText(status)).map(style.dim));
  return `${lines.join('\n')}\n`;
}

function operationText({ operation }: PlanStatus, style: Style): string {
  return operation === 'running' ? style.green(operation) : operation === 'stopped' || operation === 'diverged' ? style.red(operation) : style.yellow(operation);
}

function priceText({ price, priceAt, priceAgeMs }: PlanStatus): string | null {
  if (price === null) return null;
  const when = priceAt === null ? '' : ` of ${timeText(priceAt)}`;
  return `price ${price}${when}${priceAgeMs === null ? '' : ` (${(priceAgeMs / 1_000).toFixed(0)} s old)`}`;
}

function walletLines(wallets: readonly WalletStatus[]): readonly string[] {
  if (wallets.length === 0) return [];
  const head = ['wallet', 'phase', 'cycle', 'unit', 'top', 'rungs out', 'long', 'short', 'equity'];
  const rows = wallets.map((wallet) => [
    wallet.wallet,
    wallet.phase,
    String(wallet.cycle),
    signed(wallet.unit),
    signed(wallet.top),
    `${wallet.rungsOut} of ${wallet.rungs}`,
    wallet.long,
    wallet.short,
    dec(wallet.equity).toFixed(2),
  ]);
  return columns([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right']);
}

function unprotectedOf({ wallet, unprotectedLong, unprotectedShort }: WalletStatus): readonly string[] {
  const parts = [
    [unprotectedLong, 'long'],
    [unprotectedShort, 'short'],
  ] as const;
  return parts.flatMap(([amount, side]) => (amount === '0' ? [] : [`${amount} ${side} of ${wallet}`]));
}

function whereText({ store, venue, isBotRunning, leases, seq }: PlanStatus): string {
  const held = (leases ?? []).map(({ account, holder, expiresInMs }) => (holder === null ? `nobody trades account ${account}` : `account ${account} is traded by ${holder}, lease for ${Math.ceil(expiresInMs / 1_000)} s`));
  return [isBotRunning ? 'a bot runs' : 'no bot runs', ...held, `${store}, ${venue}, journal ${seq}`].join('; ');
}

export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
