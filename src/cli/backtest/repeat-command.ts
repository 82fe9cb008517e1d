/** The command line that makes a result again: what decides it, in one order, and nothing of what only shows or speeds it. */
import type { BacktestWish } from './backtest-wish.ts';
import { iso } from './dataset-choice.ts';
import type { Period } from './dataset-choice.ts';

/** The period is that of the data, so that it holds when more come. */
export function repeatCommand(file: string, wish: BacktestWish, period: Period): string {
  const { data, given } = wish;
  const options: readonly (readonly [string, string | null])[] = [
    ['--from', iso(period.from)],
    ['--to', iso(period.to)],
    ['--timeframe', given.timeframe],
    ...data.candles.map((path) => ['--candles', path] as const),
    ['--source', data.source],
    ...(data.isMarkLast ? (['last'] as const) : data.mark).map((path) => ['--mark', path] as const),
    ...given.funding.map((text) => ['--funding', text] as const),
    ...data.detail.map((path) => ['--detail', path] as const),
    ['--path', wish.path === 'ohlc' ? null : wish.path],
    ['--slippage', given.slippage],
    ['--range-slippage', given.rangeSlippage],
    ['--volume-share', given.volumeShare],
    ['--max-stop-slip', given.maxStopSlip],
    ['--fees', given.fees],
    ['--tiers', wish.tiersFile],
    ...wish.overrideTexts.map((text) => ['--set', text] as const),
    ['--data', given.dataFolder],
  ];
  return ['hedgerow backtest', quotedWord(file), ...options.flatMap(([flag, value]) => (value === null ? [] : [flag, quotedWord(value)])), ...(data.areGapsAllowed ? ['--allow-gaps'] : [])].join(' ');
}

/** As a shell takes it for one word. */
function quotedWord(word: string): string {
  return /^[A-Za-z0-9_./:%=@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
