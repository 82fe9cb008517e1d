/** What must not depend on how often a bot died: what it says at its end, and what its exchange holds (I12). */
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { Json } from '../../domain/json.ts';
import type { LifeEnd } from './bot-life.ts';
import { readExchange } from './stored-rows.ts';
import type { BotPlace } from './stored-rows.ts';

/** Messages of error lines; the last line may be torn. */
export function errorsIn(stderr: string): readonly string[] {
  const lines = stderr.split('\n').slice(0, -1).filter((line) => /^\{"level":(?:50|60)/.test(line));
  return [...new Set(lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg))];
}

/** Of what a process counts itself nothing may depend on how often it died, except those counts. */
const PROCESS_COUNTS = ['fills', 'requests', 'phases', 'store', 'feed'];

export function outcomeOf({ stdout }: LifeEnd): string {
  if (stdout === '') return 'nothing was printed';
  const document = JSON.parse(stdout, (key, value: unknown) => (PROCESS_COUNTS.includes(key) ? undefined : value)) as Json;
  return canonicalJson(document);
}

/** Money, positions, trades and resting orders as the exchange has them; ids of orders may differ by their generation. */
export function worldOf({ dataDir }: BotPlace): string {
  const exchange = readExchange(dataDir);
  if (exchange === null) return 'no book';
  const resting = [...exchange.orders.values()]
    .filter(({ status }) => status === 'open')
    .map(({ account, symbol, side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, filled }) =>
      canonicalJson({ account, symbol, side, type, amount, price, triggerPrice, triggerBy, positionSide, reduceOnly, filled }),
    )
    .sort();
  const trades = exchange.trades.map(({ id, account, symbol, side, price, amount, fee, at }) => ({ id, account, symbol, side, price, amount, fee, at }));
  return canonicalJson({ accounts: exchange.accounts as Json, resting, trades } as unknown as Json);
}

/** Where two long texts part, with what stands there. */
export function firstDifference(expected: string, found: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === found[at]) at += 1;
  const around = (text: string): string => text.slice(Math.max(0, at - 120), at + 160);
  return `expected …${around(expected)}… but found …${around(found)}…`;
}
