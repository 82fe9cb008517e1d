/** The prices and funding of a storage round as files: a run on files ends where they end, however often it was started (I12, I22). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CANDLE_COLUMNS } from '../../adapters/files/candle-file.ts';
import { EXAMPLE_SYMBOLS, generatedFeed } from '../../sim/price-generator.ts';
import type { Tick } from '../../ports/price-feed.ts';

export interface PriceFiles {
  /** One-minute candles of each example symbol. */
  readonly candles: readonly string[];
  readonly funding: readonly string[];
}

interface Lines {
  readonly candles: string[];
  readonly funding: string[];
  last: string;
}

/** Writes `days` of generated prices of all example symbols into `folder`. */
export async function writePriceFiles(folder: string, seed: string, days: number): Promise<PriceFiles> {
  mkdirSync(folder, { recursive: true });
  const bySymbol = new Map<string, Lines>(EXAMPLE_SYMBOLS.map(({ symbol, startPrice }) => [symbol, { candles: [], funding: [], last: startPrice }]));
  for await (const tick of generatedFeed({ symbols: EXAMPLE_SYMBOLS, seed, days }).ticks(null)) addTick(bySymbol.get(tick.symbol)!, tick);
  const files = [...bySymbol].map(([symbol, lines]) => {
    const market = symbol.split(':')[0]!.replace('/', '');
    return {
      candles: write(join(folder, `generated_${market}_1m.csv`), CANDLE_COLUMNS.join(','), lines.candles),
      funding: write(join(folder, `generated_${market}_funding.csv`), 'timestamp_ms,funding_rate', lines.funding),
    };
  });
  return { candles: files.map(({ candles }) => candles), funding: files.map(({ funding }) => funding) };
}

/** A minute begins where the one before ended. */
function addTick(lines: Lines, { at, last, fundingRate }: Tick): void {
  const open = lines.last;
  const [low, high] = Number(open) < Number(last) ? [open, last] : [last, open];
  lines.candles.push([at, open, high, low, last, '1'].join(','));
  if (fundingRate !== undefined) lines.funding.push(`${at},${fundingRate}`);
  lines.last = last;
}

function write(path: string, header: string, lines: readonly string[]): string {
  writeFileSync(path, `${[header, ...lines].join('\n')}\n`);
  return path;
}
