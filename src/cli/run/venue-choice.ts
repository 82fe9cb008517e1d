/**
 * Which kind of run a set of strategies asks for. One process trades one exchange, reached in one way: its rate limits, its clock and its
 * failures are then one affair.
 */
import { isDeepStrictEqual } from 'node:util';
import { EXCHANGE_RULES } from '../../domain/exchange-rules.ts';
import type { RealExchangeId } from '../../domain/exchange-rules.ts';
import type { ConnectionSpec, Strategy } from '../../domain/strategy.ts';
import { inputError } from '../command-input.ts';

export interface RealVenue {
  readonly type: 'paper' | 'live';
  readonly exchangeId: RealExchangeId;
  readonly connection: ConnectionSpec;
  /** In the store: `binanceusdm`, `binanceusdm/demo`, `paper/binanceusdm`. */
  readonly name: string;
}

export type VenueChoice = { readonly type: 'simulated' } | RealVenue;

const CONNECTION_KEYS = ['environment', 'restUrl', 'streamUrl', 'proxies', 'options'] as const;

/** Throws INPUT_INVALID when the strategies trade on several exchanges, or live where that is not possible. */
export function venueChoiceOf(strategies: readonly Strategy[], isLive: boolean): VenueChoice {
  const [first] = strategies;
  if (first === undefined) throw inputError('no strategy file was found; name one');
  const { id, connection } = first.exchange;
  const other = strategies.find(({ exchange }) => exchange.id !== id);
  if (other !== undefined) {
    throw inputError(`${first.name} trades on ${id}, ${other.name} on ${other.exchange.id}; one process trades one exchange: run one for each, each with a --data folder of its own`);
  }
  if (id === 'simulated' || connection === null) {
    if (isLive) throw inputError(`${first.name} trades on the simulated exchange; --live needs exchange.id of a real one, e.g. binanceusdm`);
    return { type: 'simulated' };
  }
  for (const { name, exchange } of strategies) {
    const key = CONNECTION_KEYS.find((each) => !isDeepStrictEqual(exchange.connection?.[each], connection[each]));
    if (key !== undefined) throw inputError(`${first.name} and ${name} reach ${id} in different ways (${SETTING_NAMES[key]}); give them the same settings, or run one process for each, each with a --data folder of its own`);
  }
  const [missing] = EXCHANGE_RULES[id].missingForLive;
  if (isLive && missing !== undefined) throw inputError(`hedgerow does not trade real money on ${id}: ${EXCHANGE_RULES[id].missingForLive.join('; ')}. Without --live it trades there on paper`);
  const venue = connection.environment === 'production' ? id : `${id}/${connection.environment}`;
  return { type: isLive ? 'live' : 'paper', exchangeId: id, connection, name: isLive ? venue : `paper/${venue}` };
}

const SETTING_NAMES: Readonly<Record<(typeof CONNECTION_KEYS)[number], string>> = {
  environment: 'exchange.sandbox or exchange.demo',
  restUrl: 'exchange.urls.rest',
  streamUrl: 'exchange.urls.stream',
  proxies: 'exchange.proxy',
  options: 'exchange.options',
};
