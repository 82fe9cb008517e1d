/** Which dialect speaks to which exchange. */
import { HedgerowError } from '../../domain/errors.ts';
import { binanceUsdm } from './binanceusdm/binanceusdm.ts';
import { bitget } from './bitget/bitget.ts';
import { bybit } from './bybit/bybit.ts';
import type { Dialect } from './dialect.ts';
import { hyperliquid } from './hyperliquid/hyperliquid.ts';
import type { CcxtExchangeId } from './load-exchange.ts';
import { okx } from './okx/okx.ts';

const DIALECTS: Readonly<Partial<Record<CcxtExchangeId, Dialect>>> = { binanceusdm: binanceUsdm, bybit, hyperliquid, okx, bitget };

/** Throws INPUT_INVALID for an exchange that is not traded. */
export function dialectOf(exchangeId: CcxtExchangeId): Dialect {
  const dialect = DIALECTS[exchangeId];
  if (dialect === undefined) throw new HedgerowError('INPUT_INVALID', `hedgerow does not trade on ${exchangeId}; it does on ${Object.keys(DIALECTS).join(', ')}`);
  return dialect;
}

/** What an account on the exchange is opened with. */
export function credentialsNeeded(exchangeId: CcxtExchangeId): Dialect['credentials'] {
  return dialectOf(exchangeId).credentials;
}
