/** The parameters both order endpoints share, read and checked as Binance does before an order reaches the matching engine. */
import { dec } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { PositionSide, Side } from '../../../ports/exchange.ts';
import type { WireAccount } from '../wire-world.ts';
import { BinanceError } from './binance-error.ts';
import { MAX_AMOUNT } from './binance-market.ts';
import type { BinanceMarket } from './binance-market.ts';
import type { BinanceParams } from './binance-params.ts';
import type { BinanceParts } from './binance-route.ts';
import { checkPrecision } from './refusals.ts';

const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;

export interface OrderForm {
  readonly market: BinanceMarket;
  readonly side: Side;
  readonly positionSide: PositionSide | null;
  readonly reduceOnly: boolean;
  readonly postOnly: boolean;
}

export function readForm({ markets, world }: BinanceParts, { account }: WireAccount, params: BinanceParams): OrderForm {
  const market = markets.ofId(params.required('symbol'));
  const isHedge = world.exchange.accountTruth(account).positionMode === 'hedge';
  const side = params.choice('side', ['BUY', 'SELL']);
  if (side === null) throw new BinanceError('-1102', "Mandatory parameter 'side' was not sent, was empty/null, or malformed.");
  const legSide = params.choice('positionSide', ['LONG', 'SHORT', 'BOTH']) ?? 'BOTH';
  if (isHedge !== (legSide !== 'BOTH')) throw new BinanceError('-4061');
  const reduceOnly = params.flag('reduceOnly');
  if (isHedge && reduceOnly !== null) throw new BinanceError('-1106', "Parameter 'reduceonly' sent when not required.");
  return {
    market,
    side: side === 'BUY' ? 'buy' : 'sell',
    positionSide: legSide === 'BOTH' ? null : legSide === 'LONG' ? 'long' : 'short',
    reduceOnly: reduceOnly ?? false,
    postOnly: timeInForceOf(params) === 'GTX',
  };
}

/** Orders that must fill at once are not served. */
export function timeInForceOf(params: BinanceParams): 'GTC' | 'GTX' {
  const text = params.text('timeInForce') ?? 'GTC';
  if (text !== 'GTC' && text !== 'GTX') throw new BinanceError('-1115');
  return text;
}

export function amountOf(params: BinanceParams, { rules }: BinanceMarket): DecimalString {
  const amount = params.decimal('quantity');
  if (amount === null) throw new BinanceError('-1102', "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.");
  if (!dec(amount).greaterThan(0)) throw new BinanceError('-4003');
  checkPrecision(amount, rules.amountStep);
  if (dec(amount).greaterThan(MAX_AMOUNT)) throw new BinanceError('-4005');
  return amount;
}

/** The client's id, or one like those Binance gives. */
export function clientIdOf(params: BinanceParams, name: string, fallback: string): string {
  const id = params.text(name) ?? fallback;
  if (id.length > 36) throw new BinanceError('-4015');
  if (!CLIENT_ID.test(id)) throw new BinanceError('-1100', `Illegal characters found in parameter '${name}'; legal range is '^[\\.A-Z\\:/a-z0-9_-]{1,36}$'.`);
  return id;
}
