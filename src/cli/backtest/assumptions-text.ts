/** What a backtest took for granted, in one sentence. */
import { dec } from '../../domain/decimal.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { timeframeText } from '../../domain/timeframe.ts';
import type { RunAssumptions } from '../../backtest/run-origin.ts';
import { shareText } from '../figure-text.ts';

const PATHS: Readonly<Record<RunAssumptions['path'], string>> = {
  ohlc: 'open–low–high–close, falling candles open–high–low–close',
  worst: 'the worse order of low and high in each candle',
  best: 'the better order of low and high in each candle',
};

/** In the order of what matters most. */
export function assumptionsText(of: RunAssumptions): string {
  const { path, leverage, marginMode, positionMode, triggerBy, takerFee, makerFee, liquidationFee, maintenanceTiers } = of;
  return [
    `${PATHS[path]}${of.detailTimeframeMs === null ? '' : `, inside candles that matter by ${timeframeText(of.detailTimeframeMs)} candles`}`,
    fundingText(of.funding),
    `taker ${shareText(takerFee)}, maker ${shareText(makerFee)}`,
    slippageText(of),
    of.markTimeframeMs === null ? 'mark price is the last price' : `mark price by ${timeframeText(of.markTimeframeMs)} candles`,
    `stops by ${triggerBy} price${triggerBy !== 'last' && of.markTimeframeMs !== null ? ', taken as the last price' : ''}`,
    `${leverage}x ${marginMode}, ${positionMode} mode`,
    `liquidation by ${maintenanceTiers === 1 ? 'one maintenance tier' : `${maintenanceTiers} maintenance tiers`}, fee ${shareText(liquidationFee)}`,
  ].join('; ');
}

export function fundingText(funding: RunAssumptions['funding']): string {
  switch (funding.type) {
    case 'history':
      return `funding as it was, ${funding.rows} settlements`;
    case 'assumed':
      return `funding ASSUMED at ${shareText(funding.rate)}`;
    case 'none':
      return 'NO funding';
  }
}

function slippageText({ slippage, rangeSlippage, volumeShare, maxStopSlip }: RunAssumptions): string {
  const parts = [
    ...(isSome(slippage) ? [shareText(slippage)] : []),
    ...(isSome(rangeSlippage) ? [`${shareText(rangeSlippage)} of the candle's range`] : []),
  ];
  return [
    `slippage ${parts.length === 0 ? 'none beyond gaps' : parts.join(' + ')}`,
    ...(volumeShare === null ? [] : [`at most ${shareText(volumeShare)} of a candle's volume`]),
    ...(maxStopSlip === null ? [] : [`stops slip at most ${shareText(maxStopSlip)}`]),
  ].join(', ');
}

function isSome(share: DecimalString | null): share is DecimalString {
  return share !== null && !dec(share).isZero();
}
