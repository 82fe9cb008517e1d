/** Which dialect speaks to which exchange. */
import { binanceUsdm } from './binanceusdm/binanceusdm.ts';
import { bitget } from './bitget/bitget.ts';
import { bybit } from './bybit/bybit.ts';
import type { Dialect } from './dialect.ts';
import { gate } from './gate/gate.ts';
import { hyperliquid } from './hyperliquid/hyperliquid.ts';
import type { CcxtExchangeId } from './load-exchange.ts';
import { okx } from './okx/okx.ts';

const DIALECTS: Readonly<Record<CcxtExchangeId, Dialect>> = { binanceusdm: binanceUsdm, bybit, hyperliquid, okx, bitget, gate };

export function dialectOf(exchangeId: CcxtExchangeId): Dialect {
  return DIALECTS[exchangeId];
}

/** What an account on the exchange is opened with. */
export function credentialsNeeded(exchangeId: CcxtExchangeId): Dialect['credentials'] {
  return dialectOf(exchangeId).credentials;
}
