/** What `hedgerow fetch` was asked for, read from its command line. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PLAIN_CONNECTION, type Connection } from '../../adapters/ccxt/ccxt-clients.ts';
import type { CcxtExchangeId } from '../../adapters/ccxt/load-exchange.ts';
import { DATASET_KINDS, type DatasetKind } from '../../adapters/files/dataset/dataset-manifest.ts';
import { loadStrategyFile } from '../../adapters/yaml/load-strategy.ts';
import { didYouMean } from '../../adapters/yaml/problems.ts';
import { EXCHANGE_IDS } from '../../domain/strategy.ts';
import { parseTimeframe } from '../../domain/timeframe.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import { dataDirOf } from '../data-dir.ts';
import { sinceOf } from '../report/period.ts';
import { placeOf } from './dataset-names.ts';

export interface FetchWish {
  readonly exchangeId: CcxtExchangeId;
  readonly symbol: string;
  readonly connection: Connection;
  readonly timeframe: string;
  readonly timeframeMs: number;
  readonly kinds: readonly DatasetKind[];
  /** The kinds were named: one that the exchange does not offer is an error then, and a note otherwise. */
  readonly areKindsNamed: boolean;
  readonly folder: string;
  readonly sinceText: string;
  readonly untilText: string | null;
}

const REAL_IDS = EXCHANGE_IDS.filter((id) => id !== 'simulated');
const SYMBOL = /^[^\s/:]{1,40}\/([A-Z0-9]{1,20}):\1$/;

/** Throws INPUT_INVALID, and STRATEGY_INVALID for a strategy file. */
export async function fetchWishOf(input: CommandInput): Promise<FetchWish> {
  const { exchangeId, symbol, connection } = await targetOf(input.argument(0), input.optionalArgument(1));
  const timeframe = input.text('timeframe') ?? '1m';
  const kindsText = input.text('only');
  const sinceText = input.text('since');
  if (sinceText === null) throw inputError('--since is missing; say from when, such as --since 2026-01-01 or --since 30d');
  return {
    exchangeId,
    symbol,
    connection,
    timeframe,
    timeframeMs: parseTimeframe(timeframe),
    kinds: kindsText === null ? DATASET_KINDS : kindsOf(kindsText),
    areKindsNamed: kindsText !== null,
    folder: join(dataDirOf(input), 'data', placeOf(exchangeId, connection.environment)),
    sinceText,
    untilText: input.text('until'),
  };
}

async function targetOf(first: string, symbol: string | null): Promise<Pick<FetchWish, 'exchangeId' | 'symbol' | 'connection'>> {
  const exchangeId = REAL_IDS.find((id) => id === first);
  if (exchangeId !== undefined) {
    if (symbol === null) throw inputError(`which market of ${exchangeId}? Add its symbol, such as BTC/USDT:USDT`);
    if (!SYMBOL.test(symbol)) throw inputError(`${JSON.stringify(symbol)} is no linear swap in ccxt's unified form; write BASE/QUOTE:QUOTE, such as BTC/USDT:USDT`);
    return { exchangeId, symbol, connection: PLAIN_CONNECTION };
  }
  if (!/[./\\]/.test(first) && statSync(first, { throwIfNoEntry: false }) === undefined) {
    throw inputError(`${JSON.stringify(first)} is neither a strategy file nor one of ${REAL_IDS.join(', ')}${didYouMean(first, REAL_IDS)}`);
  }
  const strategy = await loadStrategyFile(first);
  const { id, connection } = strategy.exchange;
  if (id === 'simulated' || connection === null) throw inputError(`${first} trades on the simulated exchange, which has no history; name an exchange instead: hedgerow fetch bybit ${strategy.symbol}`);
  return { exchangeId: id, symbol: symbol ?? strategy.symbol, connection };
}

function kindsOf(text: string): DatasetKind[] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const kind = DATASET_KINDS.find((each) => each === name);
    if (kind === undefined) throw inputError(`--only ${JSON.stringify(name)} is not one of ${DATASET_KINDS.join(', ')}${didYouMean(name, DATASET_KINDS)}`);
    return kind;
  });
}

export interface Period {
  /** Open time of the first candle, ms. */
  readonly since: number;
  /** Close time of the last one, ms. */
  readonly until: number;
}

const DAY_MS = 86_400_000;
/** Exchanges change a candle for some seconds after it has ended. */
const SETTLING_MS = 5_000;

/** On the grid of the timeframe; `now` is the exchange's clock. Throws INPUT_INVALID. */
export function periodOf({ sinceText, untilText, timeframe, timeframeMs }: FetchWish, now: number): Period {
  const closedUntil = Math.floor((now - SETTLING_MS) / timeframeMs) * timeframeMs;
  const wanted = sinceOf(untilText, now, '--until') ?? Math.min(Math.floor(now / DAY_MS) * DAY_MS, closedUntil);
  const until = Math.floor(wanted / timeframeMs) * timeframeMs;
  if (until > closedUntil) throw inputError(`--until ${untilText ?? ''} is not over yet: the last ${timeframe} candle that has closed ends at ${new Date(closedUntil).toISOString()}`);
  const since = Math.ceil((sinceOf(sinceText, until) ?? until) / timeframeMs) * timeframeMs;
  if (since >= until) throw inputError(`no ${timeframe} candle lies between --since ${new Date(since).toISOString()} and ${new Date(until).toISOString()}; give a --since before it`);
  return { since, until };
}
