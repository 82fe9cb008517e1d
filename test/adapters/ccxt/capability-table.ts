/** What the adapters publish of their exchanges, as the table the README shows. */
import { dialectOf } from '../../../src/adapters/ccxt/dialects.ts';
import type { Dialect } from '../../../src/adapters/ccxt/dialect.ts';
import type { CcxtExchangeId } from '../../../src/adapters/ccxt/load-exchange.ts';
import { EXCHANGE_IDS } from '../../../src/domain/strategy.ts';

type Column = readonly [title: string, cell: (dialect: Dialect) => string];

const COLUMNS: readonly Column[] = [
  ['stops at most', ({ capabilities }) => capOf(capabilities)],
  ['a stop is moved', ({ capabilities }) => (capabilities.amendsConditional ? 'in place' : 'by a new one, then the old one is cancelled')],
  ['reduce-only beside a position side', ({ capabilities }) => (!(capabilities.positionModes ?? ['hedge']).includes('hedge') ? 'has no position sides' : capabilities.reduceOnlyInHedgeMode ? 'taken' : 'refused; a closing side never opens')],
  ['order ids', ({ capabilities }) => (capabilities.clientOrderIdForm === 'hex128' ? '`0x` and 32 hex digits' : '`hr` and 25 letters and digits')],
  ['a request is void after', ({ capabilities }) => seconds(capabilities.requestDeadlineMs)],
  ['a reading may lag', ({ capabilities }) => seconds(capabilities.readLagMs)],
  ['requests', ({ budget }) => `weight ${thousands(budget.capacity)} in ${seconds(budget.windowMs)}`],
];

/** All but our own. */
export function tradedExchanges(): readonly CcxtExchangeId[] {
  return EXCHANGE_IDS.filter((id): id is CcxtExchangeId => id !== 'simulated');
}

export function capabilityTable(): string {
  const rows = tradedExchanges().map((id) => [id, ...COLUMNS.map(([, cell]) => cell(dialectOf(id)))]);
  const titles = ['exchange', ...COLUMNS.map(([title]) => title)];
  return [titles, titles.map(() => '---'), ...rows].map((cells) => (cells[0] === '---' ? `|${cells.join('|')}|` : `| ${cells.join(' | ')} |`)).join('\n');
}

function capOf({ maxConditionalPerSymbol, maxConditionalPerAccount = null }: Dialect['capabilities']): string {
  const caps = [maxConditionalPerSymbol === null ? [] : [`${thousands(maxConditionalPerSymbol)} a symbol`], maxConditionalPerAccount === null ? [] : [`${thousands(maxConditionalPerAccount)} an account`]].flat();
  return caps.length === 0 ? 'no cap known' : caps.join(', ');
}

function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

function thousands(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ' ');
}
