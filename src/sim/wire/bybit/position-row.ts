/** A position as Bybit shows it, in /v5/position/list and the `position` stream. Source: bybit-exchange.github.io/docs/v5/position. */
import { dec, plain, roundQuotientToStep } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { PositionRecord, PositionSide } from '../../../ports/exchange.ts';
import { marketNames, positionIdxOf } from './bybit-names.ts';

const MONEY_STEP = dec('0.00000001');

type Row = { readonly [key: string]: Json };

export function positionRow(position: PositionRecord, mark: DecimalString, at: number): Row {
  const { symbol, positionSide, leverage, entryPrice, liquidationPrice } = position;
  const amount = dec(position.amount);
  const isShort = positionSide === 'short' || amount.isNegative();
  const size = amount.abs();
  const value = size.times(entryPrice);
  const unrealised = size.times(mark).minus(value);
  return {
    ...flatPositionRow(marketNames(symbol).id, positionSide, leverage, mark, at),
    side: isShort ? 'Sell' : 'Buy',
    size: plain(size),
    avgPrice: entryPrice,
    positionValue: plain(value),
    liqPrice: liquidationPrice ?? '',
    positionIM: plain(roundQuotientToStep(size.times(mark), dec(leverage), MONEY_STEP)),
    unrealisedPnl: plain(isShort ? unrealised.negated() : unrealised),
  };
}

/** Side and prices of an empty position are empty, in either position mode. */
export function flatPositionRow(id: string, leg: PositionSide | 'both', leverage: DecimalString, mark: DecimalString, at: number): Row {
  return {
    positionIdx: positionIdxOf(leg),
    riskId: 1,
    riskLimitValue: '',
    symbol: id,
    side: '',
    size: '0',
    avgPrice: '0',
    positionValue: '0',
    tradeMode: 0,
    positionStatus: 'Normal',
    autoAddMargin: 0,
    adlRankIndicator: 0,
    leverage,
    positionBalance: '0',
    markPrice: mark,
    liqPrice: '',
    bustPrice: '',
    positionMM: '0',
    positionIM: '0',
    tpslMode: 'Full',
    takeProfit: '',
    stopLoss: '',
    trailingStop: '0',
    sessionAvgPrice: '',
    unrealisedPnl: '0',
    curRealisedPnl: '0',
    cumRealisedPnl: '0',
    seq: -1,
    isReduceOnly: false,
    mmrSysUpdatedTime: '',
    leverageSysUpdatedTime: '',
    createdTime: String(at),
    updatedTime: String(at),
  };
}
