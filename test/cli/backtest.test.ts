/** `hedgerow backtest` as a process: what it prints and writes, what it takes, and what it says when something is wrong. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResultDocument } from '../../src/backtest/result-document.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, START, candleLines, strategyText, writeCandles, writeFunding, writeStrategy } from './backtest-candles.ts';
import { ROOT, hedgerow, importedModules, removeTempFiles, run, tempFile, tempFolder } from './hedgerow-process.ts';

const BTC_1M = 'bybit_BTCUSDT_1m_20250301_20250303.csv';
const ETH_1M = 'bybit_ETHUSDT_1m_20250301_20250303.csv';
const MINUTES = 2 * 1_440;

let folder: string;
let btc: string;
let eth: string;
let funding: string;
let plan: string;
let dual: string;

beforeAll(() => {
  folder = tempFolder();
  btc = writeCandles(folder, BTC_1M, { minutes: MINUTES });
  eth = writeCandles(folder, ETH_1M, { minutes: MINUTES, price: 3_000, decimals: 2, phase: 1 });
  funding = writeFunding(folder, 'bybit_BTCUSDT_funding_20250301_20250303.csv', START, START + 2 * DAY_MS);
  plan = writeStrategy(folder, { name: 'btc-plan' });
  dual = writeStrategy(tempFolder(), { name: 'btc-dual', rest: 'wallets: { long: { capital: 3000 }, hedge: { capital: 3000, cycle: rotation, account: hedge } }' });
});
afterAll(removeTempFiles);

/** With what every run needs. */
const backtest = (args: readonly string[]) => hedgerow(['backtest', ...args]);
const onBtc = (...args: readonly string[]) => backtest([plan, '--candles', btc, '--funding', 'none', ...args]);

/** A command line as a shell takes it. */
const typed = (command: string) => run('sh', ['-c', command.replace(/^hedgerow/, `${process.execPath} src/cli/launch.mjs`)]);

function documentOf(text: string): ResultDocument {
  return JSON.parse(text) as ResultDocument;
}

describe('one strategy', () => {
  test('prints what it earned and paid, what was assumed, and how sure that is', async () => {
    const { code, stdout, stderr } = await backtest([plan, '--candles', btc, '--funding', funding]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toContain('btc-plan');
    expect(stdout).toContain('BTC/USDT:USDT');
    expect(stdout).toMatch(/bybit_BTCUSDT_1m/);
    expect(stdout).not.toContain('\u001b');
  });

  test('gives the same document on standard output and in a file, with strategy, data and fills', async () => {
    const path = join(tempFolder(), 'result.json');
    const toFile = await onBtc('--json', path, '--set', 'unit.percent=1.5%');
    const toOutput = await onBtc('--set', 'unit.percent=1.5%', '--json');
    expect([toFile.code, toOutput.code]).toEqual([0, 0]);
    expect(readFileSync(path, 'utf8')).toBe(toOutput.stdout);
    const [run] = documentOf(toOutput.stdout).runs;
    expect(run).toMatchObject({
      plan: 'btc-plan',
      symbol: 'BTC/USDT:USDT',
      strategy: { overrides: ['unit.percent=1.5%'], resolved: { unit: { type: 'percent', fraction: '0.015' } } },
      data: [{ what: 'candles', source: btc, timeframeMs: MINUTE_MS, rows: MINUTES, from: START, to: START + MINUTES * MINUTE_MS - MINUTE_MS, gaps: [] }],
      assumptions: { path: 'ohlc', slippage: '0.0001', funding: { type: 'none' } },
    });
    expect(run?.fills.rows.length).toBeGreaterThan(10);
    expect(Number(run?.figures.equity)).toBeGreaterThan(0);
  });

  test('an override changes the strategy, its hash and the result as the same value in the file does', async () => {
    const edited = tempFile('btc-plan.yaml', strategyText({ name: 'btc-plan', unit: '{ percent: 2% }' }));
    const [inFile, byFlag, plain] = await Promise.all([backtest([edited, '--candles', btc, '--funding', 'none', '--json']), onBtc('--json', '--set', 'unit.percent=2%'), onBtc('--json')]);
    const [a, b, c] = [inFile, byFlag, plain].map(({ stdout }) => documentOf(stdout).runs[0]);
    expect(b?.resultHash).toBe(a?.resultHash);
    expect(b?.strategy.hash).toBe(a?.strategy.hash);
    expect(c?.strategy.hash).not.toBe(a?.strategy.hash);
    expect(c?.resultHash).not.toBe(a?.resultHash);
  });

  test('writes fills and equity as CSV that agree with the document', async () => {
    const out = tempFolder();
    const [trades, equity] = [join(out, 'new', 'trades.csv'), join(out, 'equity.csv')];
    const { code, stdout } = await onBtc('--trades', trades, '--equity', equity, '--json');
    expect(code).toBe(0);
    const [run] = documentOf(stdout).runs;
    const tradeLines = readFileSync(trades, 'utf8').trimEnd().split('\r\n');
    expect(tradeLines[0]).toBe('time,plan,symbol,at,wallet,cycle,role,level,leg,side,price,amount,fee,takerOrMaker,slippage');
    expect(tradeLines.slice(1).map((line) => line.split(',').slice(3))).toEqual(run?.fills.rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell)))));
    const equityLines = readFileSync(equity, 'utf8').trimEnd().split('\r\n');
    expect(equityLines[0]).toBe('time,at,price,equity,drawdown,equity_hedge,hold,hold_drawdown');
    expect(equityLines.length).toBe(1 + 1 + MINUTES);
    expect(Number(equityLines.at(-1)?.split(',')[3])).toBeCloseTo(Number(run?.figures.equity), 6);
    expect(readdirSync(out).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  test('loads neither an exchange nor a database', async () => {
    const modules = await importedModules(['backtest', plan, '--candles', btc, '--funding', 'none']);
    for (const heavy of ['/ccxt/', 'pglite', '/pg/', '/ws/', 'pino', '/adapters/ccxt/binanceusdm']) expect(modules.filter((url) => url.includes(heavy))).toEqual([]);
  });

  test('writes a report whose command makes the same result again', async () => {
    const html = join(tempFolder(), 'report.html');
    const first = await backtest([dual, '--candles', btc, '--funding', 'assume:0.01%', '--from', '36h', '--set', 'wallets.hedge.fragments=[60%, 40%]', '--slippage', '0.05%', '--fees', 'bybit:vip1', '--path', 'ohlc', '--html', html, '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const [run] = documentOf(first.stdout).runs;
    expect(run?.assumptions).toMatchObject({ slippage: '0.0005', takerFee: '0.0004', makerFee: '0.00018', funding: { type: 'assumed', rate: '0.0001' } });
    const page = readFileSync(html, 'utf8');
    expect(page).toContain(run?.resultHash);
    const command = /hedgerow backtest [^<]*/.exec(page)?.[0].replaceAll('&#39;', "'") ?? '';
    expect(command).toContain("--set 'wallets.hedge.fragments=[60%, 40%]'");
    const again = await typed(`${command} --json`);
    expect(documentOf(again.stdout).runs[0]?.resultHash).toBe(run?.resultHash);
  });
});

describe('the period', () => {
  const spanOf = async (...args: readonly string[]): Promise<readonly (number | undefined)[]> => {
    const { stdout } = await onBtc('--json', ...args);
    const [run] = documentOf(stdout).runs;
    return [run?.data[0]?.from, run?.data[0]?.to, run?.data[0]?.rows];
  };

  test('is from a day or time to before a day or time, or a span back from the end', async () => {
    expect(await spanOf('--from', '2025-03-02')).toEqual([START + DAY_MS, START + 2 * DAY_MS - MINUTE_MS, 1_440]);
    expect(await spanOf('--from', '2025-03-01T06:00Z', '--to', '2025-03-01 18:00')).toEqual([START + 6 * HOUR_MS, START + 18 * HOUR_MS - MINUTE_MS, 720]);
    expect(await spanOf('--from', '12h')).toEqual([START + 36 * HOUR_MS, START + 2 * DAY_MS - MINUTE_MS, 720]);
  });

  test('candles are made coarser on request', async () => {
    expect(await spanOf('--timeframe', '15m')).toEqual([START, START + 2 * DAY_MS - 15 * MINUTE_MS, 192]);
  });
});

describe('units of ATR', () => {
  const unit = '{ atr: { length: 5, timeframe: 1h, multiple: 1 } }';

  test('are measured on the candles before --from, and without it from as soon as there are enough', async () => {
    const atr = tempFile('atr.yaml', strategyText({ name: 'atr-plan', unit }));
    const args = [atr, '--candles', btc, '--funding', 'none', '--json'];
    const [after, alone] = await Promise.all([backtest([...args, '--from', '2025-03-01T05:00Z']), backtest(args)]);
    expect(alone.stderr).toMatch(/^hedgerow: atr-plan begins at 2025-03-01T05:00Z, when its unit \(an ATR of 5 bars of 1h\) is known\n$/);
    expect(documentOf(after.stdout).runs[0]?.data.map(({ what, rows }) => [what, rows])).toEqual([['candles', MINUTES - 300], ['history', 300]]);
    expect(documentOf(alone.stdout).runs[0]?.resultHash).toBe(documentOf(after.stdout).runs[0]?.resultHash);
  });

  test('with too few candles before --from are an error that says how many more', async () => {
    const atr = tempFile('atr.yaml', strategyText({ name: 'atr-plan', unit }));
    const { code, stderr } = await backtest([atr, '--candles', btc, '--funding', 'none', '--from', '2025-03-01T03:00Z']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/an ATR of 5 bars of 1h, and before 2025-03-01T03:00Z there are 3 whole bars; 2 more are needed/);
  });
});

describe('what is missing', () => {
  test('candles within the period are told and make it exit 1, unless they may be missing', async () => {
    const path = writeCandles(tempFolder(), BTC_1M, { minutes: MINUTES, without: (bar) => (bar >= 100 && bar < 160) || bar === 500 });
    const args = [plan, '--candles', path, '--funding', 'none'];
    const [told, allowed] = await Promise.all([backtest(args), backtest([...args, '--allow-gaps', '--json'])]);
    expect(told.code).toBe(1);
    expect(told.stderr).toMatch(/61 candles are missing: 2025-03-01T01:40Z to 2025-03-01T02:40Z, 2025-03-01T08:20Z to 2025-03-01T08:21Z/);
    expect([allowed.code, allowed.stderr]).toEqual([0, '']);
    expect(documentOf(allowed.stdout).runs[0]?.data[0]?.gaps).toEqual([{ from: START + 100 * MINUTE_MS, until: START + 160 * MINUTE_MS }, { from: START + 500 * MINUTE_MS, until: START + 501 * MINUTE_MS }]);
  });

  test('funding of a part of the period is named', async () => {
    const half = writeFunding(tempFolder(), 'bybit_BTCUSDT_funding.csv', START, START + DAY_MS);
    const { code, stderr } = await backtest([plan, '--candles', btc, '--funding', half]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/settlements are missing: 2025-03-02 to 2025-03-03/);
  });

  test('funding of the whole period has to be given or said', async () => {
    const early = writeFunding(tempFolder(), 'bybit_BTCUSDT_funding.csv', START - 5 * DAY_MS, START - 3 * DAY_MS);
    const [none, other] = await Promise.all([backtest([plan, '--candles', btc, '--data', tempFolder()]), backtest([plan, '--candles', btc, '--funding', early])]);
    expect([none.code, other.code]).toEqual([2, 2]);
    expect(none.stderr).toMatch(/there is no funding of BTC\/USDT:USDT in .*; download it .*, or say what to take instead: --funding FILE, --funding assume:0\.01% \(every 8 hours\) or --funding none/);
    expect(other.stderr).toMatch(/has no funding between 2025-03-01 and 2025-03-03; give a file that has, or --funding assume/);
  });
});

describe('several strategies', () => {
  let strategies: string;

  beforeAll(() => {
    strategies = tempFolder();
    for (const percent of ['0.8%', '1%', '1.2%']) writeStrategy(strategies, { name: `btc-${percent.replace(/[.%]/g, '')}`, unit: `{ percent: ${percent} }` });
    writeStrategy(strategies, { name: 'eth-plan', symbol: 'ETH/USDT:USDT', exchange: '{ market: { tickSize: 0.01, amountStep: 0.01 } }' });
  });

  test('give the same bytes on any number of threads', async () => {
    const runOn = async (threads: number) => {
      const out = tempFolder();
      const outcome = await backtest([strategies, '--candles', btc, '--candles', eth, '--funding', 'assume:0.01%', '--threads', String(threads), '--out', out, '--json']);
      return { ...outcome, files: readdirSync(out).sort().map((name) => [name, readFileSync(join(out, name), 'utf8')] as const) };
    };
    const [one, two, four] = await Promise.all([runOn(1), runOn(2), runOn(4)]);
    expect([one.code, one.stderr]).toEqual([0, '']);
    expect(documentOf(one.stdout).runs.map((each) => each.plan)).toEqual(['btc-08', 'btc-1', 'btc-12', 'eth-plan']);
    expect(documentOf(one.stdout).sum?.plans).toBe(4);
    expect(two.stdout).toBe(one.stdout);
    expect(four.stdout).toBe(one.stdout);
    expect(one.files.map(([name]) => name).filter((name) => name.startsWith('btc-08'))).toEqual(['btc-08-equity.csv', 'btc-08-trades.csv', 'btc-08.html', 'btc-08.json']);
    expect(two.files).toEqual(one.files);
    expect(four.files).toEqual(one.files);
  });

  test('of other symbols than the candles are left out, and said so', async () => {
    const { code, stdout, stderr } = await backtest([strategies, '--candles', eth, '--funding', 'none', '--json']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/btc-08 is left out: there is no --candles file of BTC\/USDT:USDT/);
    expect(documentOf(stdout).runs.map((each) => each.plan)).toEqual(['eth-plan']);
  });

  test('one that is too small does not hide the others, and makes it exit 2', async () => {
    const folderOfTwo = tempFolder();
    writeStrategy(folderOfTwo, { name: 'big' });
    writeStrategy(folderOfTwo, { name: 'small', rest: 'wallets: { hedge: { capital: 1, cycle: rotation } }' });
    const { code, stdout, stderr } = await backtest([folderOfTwo, '--candles', btc, '--funding', 'none', '--json']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/small\.yaml: .*\[STRATEGY_TOO_SMALL\]/);
    expect(documentOf(stdout).runs.map((each) => each.plan)).toEqual(['big']);
  });

  test('stopped by a signal leave no half a file', async () => {
    const out = tempFolder();
    const many = tempFolder();
    for (let index = 0; index < 60; index += 1) writeStrategy(many, { name: `plan-${index}`, unit: '{ percent: 0.2% }' });
    const child = spawn(process.execPath, [join(ROOT, 'src/cli/launch.mjs'), 'backtest', many, '--candles', btc, '--funding', 'none', '--threads', '2', '--out', out], { cwd: ROOT });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
    while (readdirSync(out).filter((name) => name.endsWith('.json')).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect(await closed).toBe(1);
    expect(stderr).toMatch(/^hedgerow: stopped by SIGINT after \d+ of 60 strategies/);
    expect(readdirSync(out).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    for (const name of readdirSync(out).filter((each) => each.endsWith('.json'))) expect(documentOf(readFileSync(join(out, name), 'utf8')).runs.length).toBe(1);
  });
});

test('one that is stopped while it writes leaves nothing of the file', async () => {
  const out = tempFolder();
  const long = writeCandles(tempFolder(), BTC_1M, { minutes: 60 * 1_440 });
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/launch.mjs'), 'backtest', plan, '--candles', long, '--funding', 'none', '--equity', join(out, 'equity.csv')], { cwd: ROOT });
  const closed = new Promise((resolve) => child.on('close', resolve));
  while (readdirSync(out).length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill('SIGINT');
  await closed;
  expect(readdirSync(out).filter((name) => name !== 'equity.csv')).toEqual([]);
  // The signal may have come when the file was whole already.
  if (existsSync(join(out, 'equity.csv'))) expect(readFileSync(join(out, 'equity.csv'), 'utf8').trimEnd().split('\r\n').length).toBe(2 + 60 * 1_440);
});

describe('the candle store', () => {
  test('is where candles and funding come from when no file is named', async () => {
    const data = tempFolder();
    expect((await hedgerow(['import', btc, funding, '--data', data])).code).toBe(0);
    const [stored, given] = await Promise.all([backtest([plan, '--data', data, '--json']), backtest([plan, '--candles', btc, '--funding', funding, '--json'])]);
    expect(stored).toMatchObject({ code: 0, stderr: '' });
    expect(documentOf(stored.stdout).runs[0]?.data.map(({ what, source }) => [what, source])).toEqual([['candles', 'bybit BTC/USDT:USDT'], ['funding', 'bybit BTC/USDT:USDT']]);
    expect(documentOf(stored.stdout).runs[0]?.resultHash).toBe(documentOf(given.stdout).runs[0]?.resultHash);
  });

  test('with several sources is not guessed from', async () => {
    const data = tempFolder();
    await hedgerow(['import', btc, '--data', data]);
    await hedgerow(['import', btc, '--data', data, '--source', 'okx']);
    const [guess, said] = await Promise.all([backtest([plan, '--data', data, '--funding', 'none']), backtest([plan, '--data', data, '--funding', 'none', '--source', 'okx', '--json'])]);
    expect(guess.code).toBe(2);
    expect(guess.stderr).toMatch(/several candles of BTC\/USDT:USDT fit: bybit 1m .*, okx 1m .*; choose with --source bybit or --source okx/);
    expect(documentOf(said.stdout).runs[0]?.data[0]?.source).toBe('okx BTC/USDT:USDT');
  });

  test('empty says how to fill it', async () => {
    const { code, stderr } = await backtest([plan, '--data', join(tempFolder(), 'nothing')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/there are no candles of BTC\/USDT:USDT in .*; download them \(hedgerow fetch bybit BTC\/USDT:USDT --since 365d\), import files \(hedgerow import FILE\), or name a file with --candles FILE \[INPUT_INVALID\]/);
  });
});

describe('a strategy of a real exchange', () => {
  const market = {
    id: 'BTCUSDT', symbol: 'BTC/USDT:USDT', base: 'BTC', baseId: 'BTC', quote: 'USDT', settle: 'USDT', active: true, swap: true, linear: true, taker: '0.00055', maker: '0.0002', contractSize: '1',
    precision: { amount: '0.001', price: '0.1' },
    limits: { amount: { min: '0.001', max: '1190' }, leverage: { min: '1', max: '100' } },
    info: { symbol: 'BTCUSDT', contractType: 'LinearPerpetual', status: 'Trading', leverageFilter: { maxLeverage: '100.00' }, lotSizeFilter: { minNotionalValue: '5', maxMktOrderQty: '119.000', minOrderQty: '0.001', qtyStep: '0.001' }, priceFilter: { tickSize: '0.10' } },
  };
  const tiers = [
    { tier: 1, symbol: 'BTC/USDT:USDT', minNotional: '0', maxNotional: '2000000', maintenanceMarginRate: '0.005', maxLeverage: '100' },
    { tier: 2, symbol: 'BTC/USDT:USDT', minNotional: '2000000', maxNotional: '4000000', maintenanceMarginRate: '0.01', maxLeverage: '50' },
  ];

  test('runs with the limits, fees and tiers that were fetched', async () => {
    const data = tempFolder();
    const real = writeStrategy(tempFolder(), { name: 'real', exchange: '{ id: bybit }' });
    const args = [real, '--candles', btc, '--funding', 'none', '--data', data];
    const noMarket = await backtest(args);
    expect(noMarket.code).toBe(2);
    expect(noMarket.stderr).toMatch(/real\.yaml trades on bybit, whose market BTC\/USDT:USDT with its limits and fees is not in .*bybit_BTCUSDT_market\.json; get it with hedgerow fetch .*real\.yaml --since 1d --only market,tiers/);
    mkdirSync(join(data, 'data', 'bybit'), { recursive: true });
    writeFileSync(join(data, 'data', 'bybit', 'bybit_BTCUSDT_market.json'), JSON.stringify(market));
    const noTiers = await backtest(args);
    expect(noTiers.code).toBe(2);
    expect(noTiers.stderr).toMatch(/whose leverage tiers are not in .*bybit_BTCUSDT_tiers\.json; get them with hedgerow fetch/);
    writeFileSync(join(data, 'data', 'bybit', 'bybit_BTCUSDT_tiers.json'), JSON.stringify(tiers));
    const { code, stdout, stderr } = await backtest([...args, '--json']);
    expect([code, stderr]).toEqual([0, '']);
    expect(documentOf(stdout).runs[0]?.assumptions).toMatchObject({ takerFee: '0.00055', makerFee: '0.0002', slippage: '0', maintenanceTiers: 2 });
  });
});

describe('wrong input', () => {
  const junk = (name: string, content: string | Buffer): string => {
    const path = join(tempFolder(), name);
    writeFileSync(path, content);
    return path;
  };

  test.each<[string, () => readonly string[], RegExp]>([
    ['no strategy', () => [], /missing required argument 'path'/],
    ['a file that is not there', () => ['nowhere.yaml'], /nowhere\.yaml does not exist/],
    ['a folder without strategies', () => [tempFolder()], /holds no \*\.yaml or \*\.yml file/],
    ['a wrong override', () => [plan, '--set', 'unit.percent=2'], /btc-plan\.yaml, --set unit\.percent: found "2", expected/],
    ['an override without a value', () => [plan, '--set', 'leverage'], /--set "leverage": found no =/],
    ['a secret as override', () => [plan, '--set', 'exchange.apiKey=abc'], /credential/],
    ['a wrong path order', () => [plan, '--path', 'wrost'], /--path "wrost" is not one of ohlc, worst, best; did you mean "worst"\?/],
    ['a bare fraction', () => [plan, '--slippage', '0.001'], /--slippage "0\.001" is not a share from 0% to 50%, such as 0\.02%; write 0\.1%/],
    ['no volume', () => [plan, '--volume-share', '0%'], /--volume-share "0%" is not a share above 0% to 100%/],
    ['a stop that slips everything', () => [plan, '--max-stop-slip', '100%'], /--max-stop-slip "100%" is not a share from 0% to below 100%/],
    ['a wrong exchange', () => [plan, '--fees', 'binance'], /--fees "binance" is none of binanceusdm:vip0/],
    ['no threads', () => [plan, '--threads', '0'], /--threads "0" is not a whole number from 1 to 256/],
    ['no timeframe', () => [plan, '--timeframe', '1 minute'], /--timeframe: timeframe "1 minute" is not one/],
    ['a finer timeframe than the candles', () => [plan, '--candles', btc, '--funding', 'none', '--timeframe', '90s'], /candles of 1m do not fill bars of 90s/],
    ['a period outside of the file', () => [plan, '--candles', btc, '--funding', 'none', '--from', '2025-02-01'], /has 1m candles from 2025-03-01 to 2025-03-03, and 2025-02-01 to 2025-03-03 is asked for/],
    ['an empty period', () => [plan, '--candles', btc, '--funding', 'none', '--from', '2025-03-03'], /holds nothing; the data end at 2025-03-03/],
    ['no time', () => [plan, '--candles', btc, '--funding', 'none', '--from', '2025-02-30'], /--from "2025-02-30" is neither a span/],
    ['candles of another symbol', () => [plan, '--candles', eth, '--funding', 'none'], /the strategies trade BTC\/USDT:USDT, the candles are of .*ETHUSDT.* \(ETH\/USDT:USDT\); to try a strategy on another market add --set symbol=/],
    ['ticks of another market', () => [plan, '--candles', writeCandles(tempFolder(), 'bybit_DOGEUSDT_1m.csv', { minutes: 60, price: 0.2, decimals: 5 }), '--funding', 'none', '--set', 'symbol=DOGE/USDT:USDT'], /its ticks of 0\.1 are too coarse for DOGE\/USDT:USDT at 0\.2\d*; set exchange\.market\.tickSize and amountStep/],
    ['candles given twice', () => [plan, '--candles', btc, '--candles', btc], /--candles is given twice for BTC\/USDT:USDT/],
    ['a folder as candles', () => [plan, '--candles', tempFolder(), '--funding', 'none'], /hedgerow-cli-/],
    ['junk as candles', () => [plan, '--candles', junk('bybit_BTCUSDT_1m.csv', Buffer.from([0, 255, 1, 2, 3, 0, 0])), '--funding', 'none'], /bybit_BTCUSDT_1m\.csv/],
    ['an empty file as candles', () => [plan, '--candles', junk('bybit_BTCUSDT_1m.csv', ''), '--funding', 'none'], /bybit_BTCUSDT_1m\.csv/],
    ['a cut gzip as candles', () => [plan, '--candles', junk('bybit_BTCUSDT_1m.csv.gz', Buffer.from([0x1f, 0x8b, 8, 0, 0])), '--funding', 'none'], /bybit_BTCUSDT_1m\.csv\.gz/],
    ['a faulty row', () => [plan, '--candles', junk('bybit_BTCUSDT_1m.csv', `timestamp_ms,open,high,low,close,volume\n${START},1,2,0.5,1,1\n${START + MINUTE_MS},1,0.1,0.5,1,1\n`), '--funding', 'none'], /line 3.*impossible/],
    ['tiers that are none', () => [plan, '--candles', btc, '--funding', 'none', '--tiers', junk('tiers.json', '{}')], /tiers\.json: it has no tiers of BTC\/USDT:USDT/],
    ['mark prices of another time', () => [plan, '--candles', btc, '--funding', 'none', '--mark', writeCandles(tempFolder(), 'bybit-mark_BTCUSDT_1m.csv', { minutes: 60 })], /--mark .* has 1m candles from 2025-03-01 to 2025-03-01T01:00Z, the candles 1m candles from/],
    ['detail that is no finer', () => [plan, '--candles', btc, '--funding', 'none', '--detail', btc], /--detail .* has bars of 1m, which do not lie within candles of 1m; give finer ones/],
    ['detail of another market', () => [plan, '--candles', btc, '--funding', 'none', '--timeframe', '1h', '--detail', writeCandles(tempFolder(), 'unnamed.csv', { minutes: MINUTES, price: 3_000, decimals: 2 })], /--detail .*unnamed\.csv has other prices: 100 % of its closes lie more than 10 % outside of the candles of their time; give a file of the same market/],
    ['mark prices of another market', () => [plan, '--candles', btc, '--funding', 'none', '--mark', writeCandles(tempFolder(), 'unnamed.csv', { minutes: MINUTES, price: 3_000, decimals: 2 })], /--mark .*unnamed\.csv has other prices: 100 %/],
    ['a period between two candles', () => [plan, '--candles', btc, '--funding', 'none', '--from', '2025-03-01T00:00:10Z', '--to', '2025-03-01T00:00:20Z'], /has no candle between 2025-03-01T00:00:10Z and 2025-03-01T00:00:20Z; give a --from and --to between which one opens/],
    ['a strategy file as output', () => [plan, '--candles', btc, '--funding', 'none', '--json', plan], /would write over a strategy file/],
    ['the candles as output', () => [plan, '--candles', btc, '--funding', 'none', '--json', btc], /--json .*bybit_BTCUSDT_1m_.*csv would write over --candles .*; name another file after --json/],
    ['the settlements as output, by another path', () => [plan, '--candles', btc, '--funding', funding, '--trades', join(folder, '.', 'sub', '..', 'bybit_BTCUSDT_funding_20250301_20250303.csv')], /--trades .* would write over --funding .*; name another file after --trades/],
    ['the tiers as output', () => [plan, '--tiers', join(folder, 'tiers.json'), '--html', join(folder, 'tiers.json')], /--html .* would write over --tiers .*; name another file after --html/],
    ['one file for two outputs', () => [plan, '--candles', btc, '--funding', 'none', '--trades', join(folder, 'same.csv'), '--equity', join(folder, 'same.csv')], /--equity .*same\.csv would write over --trades .*; name another file after --equity/],
    ['a device as output', () => [plan, '--candles', btc, '--funding', 'none', '--trades', '/dev/null'], /--trades \/dev\/null is there and is no file/],
    ['a place that cannot be written', () => [plan, '--candles', btc, '--funding', 'none', '--json', join(btc, 'a.json')], /--json: .*; name a place that can be written/],
    ['files of one for two', () => [plan, dual, '--candles', btc, '--funding', 'none', '--trades', 'a.csv'], /--trades is for one strategy, and 2 are run; give --out FOLDER/],
    ['two of one name', () => [plan, tempFile('again.yaml', strategyText({ name: 'btc-plan' })), '--candles', btc, '--funding', 'none', '--out', tempFolder()], /again\.yaml: its name btc-plan is also that of another file/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await backtest(args());
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('This is a fault of hedgerow');
    expect([code, stdout]).toEqual([2, '']);
  });

  test('of ticks that are coarser than the candles\' is a warning', async () => {
    const { code, stderr } = await onBtc('--set', 'exchange.market.tickSize=0.5');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^hedgerow: btc-plan: \d+ % of the candles close between its ticks of 0\.5, so BTC\/USDT:USDT has finer ones there; set exchange\.market\.tickSize to them\n$/);
  });

  test('of several files is told of each, and nothing is run', async () => {
    const out = join(tempFolder(), 'out');
    const { code, stdout, stderr } = await backtest([plan, tempFile('a.yaml', 'version: 1\n'), tempFile('b.yaml', 'version: 2\n'), '--candles', btc, '--funding', 'none', '--out', out]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/a\.yaml.*\n(?:.*\n)*.*b\.yaml/);
    expect(existsSync(out)).toBe(false);
  });

  test('a link as output is not written through', async () => {
    const where = tempFolder();
    const target = tempFile('target.txt', 'mine');
    symlinkSync(target, join(where, 'result.json'));
    expect((await onBtc('--json', join(where, 'result.json'))).code).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('mine');
  });
});

test('more of the market\'s knobs reach the run', async () => {
  const tight = tempFile('bybit_BTCUSDT_1m.csv', `timestamp_ms,open,high,low,close,volume\n${candleLines({ minutes: 600 }).join('\n')}\n`);
  const result = async (...args: readonly string[]) => documentOf((await backtest([plan, '--candles', tight, '--funding', 'none', '--json', ...args])).stdout).runs[0];
  const [plain, slipped, shared, marked] = await Promise.all([result(), result('--range-slippage', '10%'), result('--volume-share', '1%'), result('--mark', writeCandles(tempFolder(), 'bybit-mark_BTCUSDT_1m.csv', { minutes: 600, price: 100_050 }))]);
  expect(slipped?.assumptions).toMatchObject({ rangeSlippage: '0.1' });
  expect(shared?.assumptions).toMatchObject({ volumeShare: '0.01' });
  expect(marked?.assumptions).toMatchObject({ markTimeframeMs: MINUTE_MS });
  expect(new Set([plain, slipped, marked].map((each) => each?.resultHash)).size).toBe(3);
  expect(Number(slipped?.figures.costs.slippage.amount)).toBeGreaterThan(Number(plain?.figures.costs.slippage.amount));
});

describe('trades beside candles', () => {
  /** Twenty minutes that go up and down within each minute; some seconds have no trade. */
  const trades = Array.from({ length: 1_200 }, (_, second) => ({ second, price: 100_000 + Math.round(8_000 * Math.sin(second / 11) * Math.sin(second / 400)) / 10 })).filter(({ second }) => second % 60 === 0 || second % 7 !== 3);
  const minutesOf = (): string[] =>
    Array.from({ length: 20 }, (_, minute) => {
      const prices = trades.filter(({ second }) => Math.floor(second / 60) === minute).map(({ price }) => price);
      return [START + minute * MINUTE_MS, prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1), prices.length].join(',');
    });

  test('say what went on inside the candles: the result is that of the trades alone', async () => {
    const where = tempFolder();
    const [minutes, tape] = [join(where, 'bybit_BTCUSDT_1m.csv'), join(where, 'bybit_BTCUSDT_trades.csv')];
    writeFileSync(minutes, `timestamp_ms,open,high,low,close,volume\n${minutesOf().join('\n')}\n`);
    writeFileSync(tape, `symbol,timestamp,price,amount\n${trades.map(({ second, price }) => `BTCUSDT,${START + second * 1_000},${price},1`).join('\n')}\n`);
    const args = [plan, '--funding', 'none', '--set', 'unit.percent=0.2%', '--json'];
    const [coarse, detailed, fine] = await Promise.all([
      backtest([...args, '--candles', minutes]),
      backtest([...args, '--candles', minutes, '--detail', tape]),
      backtest([...args, '--candles', tape, '--allow-gaps']),
    ]);
    const [a, b, c] = [coarse, detailed, fine].map(({ stdout }) => documentOf(stdout).runs[0]);
    expect([coarse.stderr, detailed.stderr, fine.stderr]).toEqual(['', '', '']);
    expect(b?.assumptions.detailTimeframeMs).toBe(1_000);
    const fillsOf = (run: typeof a) => run?.fills.rows.map((row) => row.slice(1));
    expect(fillsOf(b)).toEqual(fillsOf(c));
    expect(fillsOf(b)).not.toEqual(fillsOf(a));
    expect(b?.figures.equity).toBe(c?.figures.equity);
  });
});
