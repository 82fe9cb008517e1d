/** What a Binance endpoint is: its weight, who may call it, and what it answers. */
import type { WireAccount, WireWorld } from '../wire-world.ts';
import type { BinanceLedgers } from './binance-ledger.ts';
import type { BinanceMarkets } from './binance-market.ts';
import type { BinanceParams } from './binance-params.ts';

/** What every endpoint may use. */
export interface BinanceParts {
  readonly world: WireWorld;
  readonly markets: BinanceMarkets;
  readonly ledgers: BinanceLedgers;
}

export interface BinanceCall {
  readonly params: BinanceParams;
  /** Server time, ms. */
  readonly at: number;
}

interface RouteWeight {
  /** Request weight; a function where it depends on the parameters. */
  readonly weight: number | ((params: BinanceParams) => number);
}

export interface PublicRoute extends RouteWeight {
  readonly security: 'none';
  readonly answer: (call: BinanceCall) => unknown;
}

/** `key`: the API key alone; `signed`: key, time and signature. */
export interface PrivateRoute extends RouteWeight {
  readonly security: 'key' | 'signed';
  /** May be a promise. Throws BinanceError. */
  readonly answer: (call: BinanceCall & { readonly account: WireAccount }) => unknown;
}

export type BinanceRoute = PublicRoute | PrivateRoute;

/** By method and path: `GET /fapi/v1/time`. */
export type BinanceRoutes = Readonly<Record<string, BinanceRoute>>;

export type PrivateCall = Parameters<PrivateRoute['answer']>[0];

export function signed(weight: BinanceRoute['weight'], answer: PrivateRoute['answer']): PrivateRoute {
  return { security: 'signed', weight, answer };
}

/** Most endpoints cost more without a symbol. */
export function bySymbol(withSymbol: number, without: number): (params: BinanceParams) => number {
  return (params) => (params.has('symbol') ? withSymbol : without);
}
