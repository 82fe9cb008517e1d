/** Trading on the wire: from a price to the order that answers it, requests for a unit moved, and what fifty symbols take. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Strategy } from '../domain/strategy.ts';
import type { Bench, OpenBench, RowSpec } from './bench.ts';
import { START_PRICE, UNIT, benchStrategy } from './bench-strategies.ts';
import { LiveBot, MISSING_POSTGRES } from './live-bot.ts';

const LATENCY = 'price out of the exchange → order into it';
const WRITES = 'requests that change something, for one unit moved';
const ALL = 'all signed requests, for one unit moved';
const CPU = 'processor, 50 symbols';
const RSS = 'resident memory, 50 symbols';

const SLIDES = 250;
/** Between two slides; leaves the request weight of the exchange enough to recover. */
const SLIDE_PAUSE_MS = 200;
/** No answer to a price for so long: the bot is not measured but broken. */
const ANSWER_MAX_MS = 30_000;
const UNITS = 20;
const UNIT_PAUSE_MS = 700;
const SYMBOLS = 50;
const PRICES_PER_SECOND = 4;
const LOAD_SECONDS = 15;

export const liveWire: Bench = {
  group: 'live trading on loopback: ccxt, Binance protocol, PostgreSQL',
  warmsUp: true,
  rows: [
    row({ name: LATENCY, unit: 'ms', goal: { p99AtMost: 5 } }, 'seen from the exchange, both ways on loopback, the intent committed first; one plan, one stop that slides up'),
    row({ name: WRITES, unit: 'requests' }, 'a long wallet and a rotation of four fragments each, both trailing up; resized remainders included'),
    row({ name: ALL, unit: 'requests' }, `one unit every ${UNIT_PAUSE_MS} ms; with the look-ups after cancellations and the regular readings`),
  ],
  open: async (): Promise<OpenBench> => {
    if (MISSING_POSTGRES !== null) return NOTHING;
    const one = await LiveBot.start({ type: 'live', strategies: [small('BTC/USDT:USDT')], ordersPerPlan: 1 });
    let unit = 0;
    let rounds = 0;
    const slides = async (): Promise<number[]> => {
      const samples: number[] = [];
      for (let slide = 0; slide < SLIDES; slide += 1) samples.push(await slideUp(one, (unit += 1)));
      return samples;
    };
    return {
      round: async () => {
        rounds += 1;
        // Counts do not vary: they are taken once, after the round that only warms up.
        return { [LATENCY]: await slides(), ...(rounds === 2 ? await requestsPerUnit() : {}) };
      },
      close: () => one.close(),
    };
  },
};

export const liveLoad: Bench = {
  group: `paper trading on loopback, ${SYMBOLS} symbols in one process, PostgreSQL`,
  warmsUp: false,
  roundsMax: 2,
  rows: [
    row({ name: CPU, unit: '% of a core' }, `${SYMBOLS * PRICES_PER_SECOND} prices/s in ${2 * SYMBOLS * PRICES_PER_SECOND + SYMBOLS} frames/s that touch no level`),
    row({ name: RSS, unit: 'MB' }),
  ],
  open: async (): Promise<OpenBench> => {
    if (MISSING_POSTGRES !== null) return NOTHING;
    const symbols = Array.from({ length: SYMBOLS }, (_, index) => `C${String(index + 1).padStart(3, '0')}/USDT:USDT`);
    const bot = await LiveBot.start({ type: 'paper', strategies: symbols.map(small), ordersPerPlan: 1 });
    return { round: () => underLoad(bot, symbols), close: () => bot.close() };
  },
};

const NOTHING: OpenBench = { round: () => Promise.resolve({}), close: () => Promise.resolve() };

function row(spec: RowSpec, note?: string): RowSpec {
  const told = MISSING_POSTGRES ?? note;
  return told === undefined ? spec : { ...spec, note: told };
}

/** A long wallet of one fragment: one stop rests and trails the price. */
function small(symbol: string): Strategy {
  const strategy = benchStrategy({ name: `plan-${symbol.split('/')[0]?.toLowerCase() ?? ''}`, symbol });
  const wallets = strategy.wallets.filter(({ name }) => name === 'long').map((wallet) => ({ ...wallet, weights: [{ numerator: '1', denominator: '1' }] }));
  return { ...strategy, wallets };
}

/** Milliseconds from the price to the first order that answers it. */
async function slideUp(bot: LiveBot, unit: number): Promise<number> {
  let startedAt = 0;
  const answered = new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no order within ${ANSWER_MAX_MS} ms`)), ANSWER_MAX_MS);
    bot.onWrite = (method) => {
      if (method !== 'POST') return;
      bot.onWrite = () => {};
      clearTimeout(timer);
      resolve(performance.now() - startedAt);
    };
  });
  startedAt = performance.now();
  bot.world.tick('BTC/USDT:USDT', String(START_PRICE + unit * UNIT));
  const elapsed = await answered;
  await sleep(SLIDE_PAUSE_MS);
  return elapsed;
}

async function requestsPerUnit(): Promise<Record<string, readonly number[]>> {
  const bot = await LiveBot.start({ type: 'live', strategies: [benchStrategy()], ordersPerPlan: 9 });
  try {
    await sleep(UNIT_PAUSE_MS);
    bot.listener.forgetRequests();
    for (let unit = 1; unit <= UNITS; unit += 1) {
      bot.world.tick('BTC/USDT:USDT', String(START_PRICE + unit * UNIT));
      await sleep(UNIT_PAUSE_MS);
    }
    const signed = bot.listener.requests.filter(({ query, body }) => `${query}${body}`.includes('signature='));
    return { [WRITES]: [signed.filter(({ method }) => method !== 'GET').length / UNITS], [ALL]: [signed.length / UNITS] };
  } finally {
    await bot.close();
  }
}

/** Every symbol has its prices, evenly spread, up to a third of a unit around its start. */
async function underLoad(bot: LiveBot, symbols: readonly string[]): Promise<Record<string, readonly number[]>> {
  const before = await bot.usage();
  const startedAt = performance.now();
  const intervalMs = 1_000 / (symbols.length * PRICES_PER_SECOND);
  for (let tick = 0; performance.now() - startedAt < LOAD_SECONDS * 1_000; ) {
    for (const due = Math.floor((performance.now() - startedAt) / intervalMs); tick < due; tick += 1) {
      bot.world.tick(symbols[tick % symbols.length] ?? '', String(START_PRICE + Math.round(Math.sin(tick) * (UNIT / 3))));
    }
    await sleep(intervalMs);
  }
  const elapsedMs = performance.now() - startedAt;
  const { cpuMs, rssBytes } = await bot.usage();
  return { [CPU]: [((cpuMs - before.cpuMs) / elapsedMs) * 100], [RSS]: [rssBytes / 1_048_576] };
}
