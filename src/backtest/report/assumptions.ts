/** What a run took for granted, in plain sentences: the rules of the tape, and the knobs as they were set. */
import { dec } from '../../domain/decimal.ts';
import type { RunAssumptions } from '../run-origin.ts';
import { count, exactPercent, timeframe } from './figures.ts';

export function assumptionSentences(given: RunAssumptions): string[] {
  return [
    pathSentence(given),
    'The open of each candle is a jump: what it passed fills at the open. Inside a candle the price moves continuously through every tick, so a stop fills at its trigger, worsened by slippage.',
    'At each price the exchange fills first, then the bot reacts at once and completely before the price moves on. Real bots and exchanges take time: in fast markets real fills are worse.',
    slippageSentence(given),
    volumeSentence(given),
    `Orders that take pay ${exactPercent(given.takerFee)} of their value, orders that make ${exactPercent(given.makerFee)}. There is no spread, and the bot's own orders do not move the market.`,
    fundingSentence(given),
    markSentence(given),
    `Leverage ${given.leverage}, ${given.marginMode} margin, ${given.positionMode} position mode, stops triggered by the ${given.triggerBy} price${given.triggerBy !== 'last' && given.markTimeframeMs !== null ? ', for which the last price is taken' : ''}. An account is liquidated when its equity falls to the maintenance margin (${given.maintenanceTiers === 1 ? 'one tier' : `${given.maintenanceTiers} tiers`}); that costs ${exactPercent(given.liquidationFee)} on top.`,
    'Buying and holding is all the capital in the base currency from the first price to the last, without leverage and fees. Cash earns nothing.',
    'All times are UTC. Past prices say nothing about future ones.',
  ];
}

function pathSentence({ path, detailTimeframeMs }: RunAssumptions): string {
  const detail = detailTimeframeMs === null ? '' : ` Where it matters, candles of ${timeframe(detailTimeframeMs)} say what happened inside one.`;
  switch (path) {
    case 'ohlc':
      return `A candle that closes at or above its open is taken to have gone open, low, high, close; a falling one open, high, low, close. The truth inside a candle is not in the data.${detail}`;
    case 'worst':
      return `Of each candle's low and high, the one that is worse for the plan is taken to have come first.${detail}`;
    case 'best':
      return `Of each candle's low and high, the one that is better for the plan is taken to have come first. This flatters the result.${detail}`;
  }
}

function slippageSentence({ slippage, rangeSlippage, maxStopSlip }: RunAssumptions): string {
  const parts = [`${exactPercent(slippage)} of the price`];
  if (rangeSlippage !== null && !dec(rangeSlippage).isZero()) parts.push(`${exactPercent(rangeSlippage)} of the candle's range from low to high`);
  const bound = maxStopSlip === null ? '' : ` A stop slips at most ${exactPercent(maxStopSlip)} of its trigger, even where the price jumped further: a bound that real exchanges do not give.`;
  return `Orders at market slip against the plan by ${parts.join(' and ')}, rounded to the tick against it.${bound}`;
}

function volumeSentence({ volumeShare }: RunAssumptions): string {
  return volumeShare === null ? 'Every order fills whole, whatever the volume of the candle.' : `At most ${exactPercent(volumeShare)} of a candle's volume fills in it; larger orders fill in parts.`;
}

function fundingSentence({ funding }: RunAssumptions): string {
  switch (funding.type) {
    case 'history':
      return `Funding is paid at the exchange's own times and rates (${count(funding.rows)} settlements in the data) on the mark price.`;
    case 'assumed':
      return `Funding is assumed, not known: ${exactPercent(funding.rate)} at every settlement.`;
    case 'none':
      return 'No funding is paid: real perpetual futures pay it, so this result leaves out a cost or an income.';
  }
}

function markSentence({ markTimeframeMs }: RunAssumptions): string {
  return markTimeframeMs === null ? 'The last price stands for the mark price.' : `The mark price comes from its own candles of ${timeframe(markTimeframeMs)}.`;
}
