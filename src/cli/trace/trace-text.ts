/** A trace document for people: one block per price. */
import type { TraceDocument } from '../../engine/trace.ts';
import type { Style } from '../style.ts';
import { columns, signed, wrappedList } from '../text-layout.ts';

export interface TraceTextOptions {
  /** Null when there is only one path. */
  readonly path: number | null;
  readonly style: Style;
}

type Wallet = TraceDocument['wallets'][number];
type Order = TraceDocument['orders'][number];
type Fill = TraceDocument['fills'][number];

export function traceText(document: TraceDocument, { path, style }: TraceTextOptions): string {
  const place = path === null ? '' : `path ${path}  `;
  const title = `${place}step ${document.step}  price ${document.price}  ${document.phase}`;
  const lines = [style.bold(title), ...walletLines(document.wallets)];
  for (const { wallet } of document.wallets) {
    lines.push(...orderLines(document.orders.filter((order) => order.wallet === wallet), `  ${wallet} `));
  }
  lines.push(...document.fills.map((fill) => style.green(fillLine(fill))), '');
  return `${lines.join('\n')}\n`;
}

function walletLines(wallets: readonly Wallet[]): string[] {
  const head = ['  wallet', 'phase', 'cycle', 'unit', 'top', 'out', 'long', 'short', 'equity', 'fees', 'anchor', 'unit size'];
  const rows = wallets.map((wallet) => [
    `  ${wallet.wallet}`,
    wallet.phase,
    String(wallet.cycle),
    signed(wallet.unit),
    signed(wallet.top),
    String(wallet.rungsOut),
    wallet.long,
    wallet.short,
    shortened(wallet.equity),
    shortened(wallet.fees),
    wallet.anchor,
    wallet.unitSize,
  ]);
  return columns([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'right']);
}

const SHOWN_DECIMALS = 4;

/** Cut, not rounded: people read it, `--json` has every digit. */
function shortened(money: string): string {
  const point = money.indexOf('.');
  return point === -1 || money.length - point - 1 <= SHOWN_DECIMALS ? money : `${money.slice(0, point + 1 + SHOWN_DECIMALS)}…`;
}

function orderLines(orders: readonly Order[], label: string): string[] {
  const roles = [...new Set(orders.map(({ role }) => role))];
  return roles.flatMap((role) => {
    const group = orders.filter((order) => order.role === role);
    return wrappedList(`${label}${role} ${group[0]?.side ?? ''} `, group.map(({ level, triggerPrice, amount }) => `${levelText(level)} ${amount} at ${triggerPrice ?? 'market'}`));
  });
}

function fillLine({ wallet, role, side, level, price, amount, fee }: Fill): string {
  return `  filled: ${wallet} ${role} ${side} ${levelText(level)} ${amount} at ${price}${fee === '0' ? '' : `, fee ${shortened(fee)}`}`;
}

function levelText(level: number | null): string {
  return level === null ? 'at market:' : `${signed(level)}:`;
}
