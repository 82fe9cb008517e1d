/** How long a person waits for a backtest, and how much memory it takes: the command in a process of its own, on one year of minutes. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OpenTable } from '../adapters/files/candle-store/open-table.ts';
import { packageRoot } from '../adapters/postgres/package-root.ts';
import type { CandleColumns } from '../domain/candle-columns.ts';
import { seededRandom } from '../sim/random.ts';
import type { Bench, OpenBench } from './bench.ts';
import { runNode } from './child-process.ts';

const BARE = 'node that does nothing, beside it';
const WHOLE = 'hedgerow backtest, process start to printed summary';
const BUSY = 'processor time of it, all threads';
const PEAK = 'peak resident memory of the process';

const MINUTE_MS = 60_000;
const MINUTES = 365 * 1_440;
const FROM = Date.UTC(2025, 0, 1);
const SOURCE = 'generated';
const SYMBOL = 'BTC/USDT:USDT';

export const backtestProcess: Bench = {
  group: 'backtest of one year of 1-minute candles',
  warmsUp: false,
  rows: [
    { name: WHOLE, unit: 'ms', yardstick: BARE, goal: { atMost: 1_000 }, note: 'one wallet, 1 % units, fees, funding assumed, no risk limits, bounds included where candles are ambiguous; candles from the store' },
    { name: BUSY, unit: 'ms' },
    { name: PEAK, unit: 'MB', goal: { atMost: 200 } },
    { name: BARE, unit: 'ms' },
  ],
  open: async (): Promise<OpenBench> => {
    const data = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-bench-')));
    await storeYear(data);
    return {
      round: async () => {
        const run = await runNode(['--import', USAGE_AT_EXIT, PROGRAM, 'backtest', join(packageRoot(), 'strategies', 'btc-rotation.yaml'), '--data', data, ...OPTIONS]);
        const usage = JSON.parse(run.stdout.slice(run.stdout.lastIndexOf('{'))) as NodeJS.ResourceUsage;
        return {
          [BARE]: [(await runNode(['--eval', '0'])).elapsedMs],
          [WHOLE]: [run.elapsedMs],
          [BUSY]: [(usage.userCPUTime + usage.systemCPUTime) / MICROSECONDS],
          [PEAK]: [usage.maxRSS / KB_IN_MB],
        };
      },
      close: async () => rmSync(data, { recursive: true, force: true }),
    };
  },
};

const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));
/** So much capital that a year of losses leaves enough for the smallest order, and nothing that stops the plan: it trades all the year. */
const OPTIONS = ['--funding', 'assume:0.01%', '--set', 'wallets.hedge.capital=1000000', '--set', 'risk='];
/** The last thing the process does is to say what it used. */
const USAGE_AT_EXIT = "data:text/javascript,process.on('exit',()=>process.stdout.write(JSON.stringify(process.resourceUsage())))";
const KB_IN_MB = 1_024;
const MICROSECONDS = 1_000;

const START_PRICE = 100_000;
/** Of a minute: about 60 % a year. */
const VOLATILITY = 0.6 / Math.sqrt(MINUTES);

async function storeYear(data: string): Promise<void> {
  const folder = join(data, 'data');
  mkdirSync(join(folder, SOURCE), { recursive: true });
  const table = OpenTable.open(folder, { source: SOURCE, symbol: SYMBOL, kind: 'candles', timeframeMs: MINUTE_MS });
  table.takeCandles(walkedYear(), { file: 'a seed', sha256: '' }, false);
  await table.save();
}

/** A random walk in tenths. */
function walkedYear(): CandleColumns {
  const random = seededRandom('one year of minutes');
  const column = (): Int32Array => new Int32Array(MINUTES);
  const candles = { timeframeMs: MINUTE_MS, length: MINUTES, priceDecimals: 1, at: new Float64Array(MINUTES), open: column(), high: column(), low: column(), close: column(), volume: new Float64Array(MINUTES) };
  let price = START_PRICE;
  for (let row = 0; row < MINUTES; row += 1) {
    const open = price;
    price *= 1 + VOLATILITY * random.normal();
    const [above, below] = [Math.max(open, price) * (1 + (VOLATILITY / 2) * random.fraction()), Math.min(open, price) * (1 - (VOLATILITY / 2) * random.fraction())];
    candles.at[row] = FROM + row * MINUTE_MS;
    candles.open[row] = Math.round(open * 10);
    candles.high[row] = Math.ceil(above * 10);
    candles.low[row] = Math.floor(below * 10);
    candles.close[row] = Math.round(price * 10);
    candles.volume[row] = 1;
  }
  return candles;
}
