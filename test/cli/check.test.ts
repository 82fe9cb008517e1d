/** `hedgerow check` as a user runs it: the three example plans, figures worked out by hand, several files, and every way to be wrong. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';

/** The shapes of the three shipped strategies, with numbers that stay as they are. */
const BTC = `version: 1
name: btc
symbol: BTC/USDT:USDT
exchange: { market: { tickSize: 0.1, amountStep: 0.001, minAmount: 0.001, minCost: 5, takerFee: 0.055%, slippage: 0.01% } }
leverage: 3
unit: { percent: 1% }
wallets: { hedge: { capital: 5000, cycle: rotation, fragments: [40%, 30%, 20%, 10%] } }
`;
const ETH = `version: 1
name: eth
symbol: ETH/USDT:USDT
exchange: { market: { tickSize: 0.01, amountStep: 0.01, minAmount: 0.01, minCost: 5, takerFee: 0.055%, slippage: 0.02% } }
leverage: 5
unit: { margin: 5% }
reset: joint
wallets: { long: { capital: 2500, confirmation: 2 }, hedge: { capital: 2500, cycle: scaling } }
`;
const SOL = `version: 1
name: sol
symbol: SOL/USDT:USDT
exchange: { market: { tickSize: 0.01, amountStep: 0.1, minAmount: 0.1, minCost: 5, takerFee: 0.055%, slippage: 0.03% } }
leverage: 2
unit: { atr: { length: 14, timeframe: 1h, multiple: 1.5 } }
wallets:
  long: { capital: 3000, fragments: [10%, 20%, 30%, 40%] }
  hedge: { capital: 3000, fragments: [40%, 30%, 20%, 10%], account: hedge }
windows:
  stop-entry-short: { order: stop-limit, limitOffset: 0.3%, onGap: skip, resting: 3 }
`;

interface Extreme {
  readonly price: string;
  readonly notional: string;
  readonly initialMargin: string;
  readonly maintenanceMargin: string;
  readonly wallets: readonly { readonly wallet: string; readonly long: string; readonly short: string; readonly equity: string; readonly liquidation: { readonly price: string; readonly distancePercent: string } | null }[];
}
interface FileDocument {
  readonly file: string;
  readonly status: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly market: { readonly price: string | null; readonly priceFrom: string; readonly atr: string | null };
  readonly preview: {
    readonly wallets: readonly {
      readonly ladder: readonly { readonly level: number; readonly price: string; readonly amount: string; readonly rests: boolean }[];
      readonly opening: { readonly amount: string; readonly fee: string; readonly unitSize: string; readonly smallestCapital: string };
    }[];
    readonly extremes: { readonly start: Extreme; readonly decline: Extreme };
    readonly warnings: readonly { readonly code: string }[];
  };
}
interface CheckDocument {
  readonly exitCode: number;
  readonly files: readonly FileDocument[];
  readonly conflicts: readonly { readonly files: readonly string[]; readonly message: string }[];
}

async function checkJson(...args: string[]): Promise<CheckDocument & { readonly stderr: string }> {
  const { code, stdout, stderr } = await hedgerow(['check', ...args, '--json']);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  const document = JSON.parse(stdout) as CheckDocument;
  expect(document.exitCode).toBe(code);
  return { ...document, stderr };
}

async function checkOne(text: string, ...args: string[]): Promise<FileDocument> {
  const { files, stderr } = await checkJson(tempFile('plan.yaml', text), ...args);
  expect(stderr).toBe('');
  return files[0] as FileDocument;
}

const ladderOf = ({ preview }: FileDocument, wallet: number): string[] => (preview.wallets[wallet]?.ladder ?? []).map(({ level, price, amount }) => `${level} ${price} ${amount}`);

beforeAll(async () => {
  expect(await hedgerow(['--build-only'])).toMatchObject({ code: 0 });
});
afterAll(removeTempFiles);

describe('figures', () => {
  test('BTC rotation at 100 000', async () => {
    const file = await checkOne(BTC, '--price', '100000');
    const { opening } = file.preview.wallets[0] ?? {};
    // 5000 · 3 / (100 000 · (1 + 3 · 0.00055)) = 0.14975… → 0.149; fee 14 900 · 0.00055 = 8.195.
    expect(opening).toMatchObject({ amount: '0.149', fee: '8.195', unitSize: '1000' });
    // Notional 14 900. 40 % at 99 000: 5960/99 000 = 0.0602; 4470/98 000 = 0.0456; 2980/97 000 = 0.0307; 1490/96 000 = 0.0155.
    expect(ladderOf(file, 0)).toEqual(['-1 99000 0.149', '-1 99000 0.06', '-2 98000 0.045', '-3 97000 0.03', '-4 96000 0.015']);
    const { start, decline } = file.preview.extremes;
    // Equity 4991.805: (14 900 − 4991.805) / (0.149 · 0.995) = 66 832.12…, 33.17 % below.
    expect(start).toMatchObject({ notional: '14900', initialMargin: '4966.67', maintenanceMargin: '74.5' });
    expect(start.wallets[0]?.liquidation).toEqual({ price: '66832.1', distancePercent: '-33.17' });
    // Short 0.06 · 99 000 + 0.045 · 98 000 + 0.03 · 97 000 + 0.015 · 96 000 = 14 700 for 0.15. Fees 8.195 + (14 751 + 14 700) · 0.00055 = 24.39305.
    // Cash 5000 − 14 900 + 14 751 + 14 700 − 24.39305 = 19 526.60695; / (0.15 · 1.005) = 129 529.73…, 34.93 % above 96 000.
    expect(decline).toMatchObject({ price: '96000', notional: '14700', initialMargin: '4900', maintenanceMargin: '73.5' });
    expect(decline.wallets[0]).toMatchObject({ long: '0', short: '0.15', equity: '5126.60695', liquidation: { price: '129529.7', distancePercent: '34.93' } });
    expect(file.preview.warnings).toEqual([]);
  });

  test('ETH long and scaling, joint, at 2000', async () => {
    const file = await checkOne(ETH, '--price', '2000');
    // 2500 · 5 / (2000 · 1.00275) = 6.2328… → 6.23; a unit is 5 % / 5 = 1 % = 20; fragments 6.23 / 4 = 1.5575 → 1.55, the last 1.58.
    expect(ladderOf(file, 0)).toEqual(['-2 1960 1.55', '-3 1940 1.55', '-4 1920 1.55', '-5 1900 1.58']);
    expect(ladderOf(file, 1)).toEqual(['-1 1980 3.1', '-2 1960 3.1', '-3 1940 3.1', '-4 1920 3.16']);
    const { start, decline } = file.preview.extremes;
    // Both long: 12 460 each, fee 6.853, equity 2493.147: (12 460 − 2493.147) / (6.23 · 0.995) = 1607.85…
    expect(start.wallets.map(({ liquidation }) => liquidation?.price)).toEqual(['1607.86', '1607.86']);
    expect(start).toMatchObject({ notional: '24920', initialMargin: '4984', maintenanceMargin: '124.6' });
    // Shorts at 1980, 1960, 1940 (1.55 each) and 1920 (1.58): 9114 + 3033.6 = 12 147.6.
    expect(decline).toMatchObject({ price: '1900', notional: '12147.6', initialMargin: '2429.52' });
    // Cash 2500 − 12 460 + 2 · 12 147.6 − fees (12 460 + 24 295.2) · 0.00055 = 14 314.98464; / (6.23 · 1.005) = 2286.317…
    expect(decline.wallets.map(({ long, short, liquidation }) => [long, short, liquidation?.price])).toEqual([
      ['0', '0', undefined],
      ['0', '6.23', '2286.32'],
    ]);
  });

  test('SOL with units of ATR from a candle file, whose last close is the price', async () => {
    const bars = Array.from({ length: 20 }, (_, hour) => `${1_735_689_600_000 + hour * 3_600_000},150,151,149,150,1`);
    const candles = tempFile('sim_SOLUSDT_1h.csv', ['timestamp_ms,open,high,low,close,volume', ...bars].join('\n'));
    const file = await checkOne(SOL, '--candles', candles);
    // Every true range is 2; 1.5 · 2 = 3. 3000 · 2 / (150 · 1.0011) = 39.956… → 39.9; 10 % 3.99 → 3.9, 7.98 → 7.9, 11.97 → 11.9, rest 16.2.
    expect(file.market).toMatchObject({ price: '150', atr: '2' });
    expect(file.market.priceFrom).toMatch(/^last close of .*sim_SOLUSDT_1h\.csv$/);
    expect(ladderOf(file, 0)).toEqual(['-1 147 3.9', '-2 144 7.9', '-3 141 11.9', '-4 138 16.2']);
    expect(file.preview.wallets[1]?.ladder.map(({ rests }) => rests)).toEqual([true, true, true, true, false]);
    // (5985 − 2996.70825) / (39.9 · 0.995) = 75.27…
    expect(file.preview.extremes.start.wallets[0]?.liquidation).toEqual({ price: '75.27', distancePercent: '-49.82' });
    expect(file.preview.warnings.map(({ code }) => code)).toEqual(['STOP_LIMIT_MAY_NOT_FILL']);
  });

  test('a market of five significant figures: whole prices from 10 000 on, tenths below', async () => {
    const text = `version: 1
name: figures
symbol: BTC/USDT:USDT
exchange: { market: { tickSize: 0.001, significantFigures: 5, amountStep: 0.001, minAmount: 0.001, minCost: 10 } }
leverage: 1
unit: { percent: 0.5% }
spacing: geometric
wallets: { long: { capital: 10000 } }
`;
    const file = await checkOne(text, '--price', '10050.4');
    expect(ladderOf(file, 0)).toEqual(['-1 10000 0.248', '-2 9950.7 0.248', '-3 9901.5 0.248', '-4 9852.5 0.25']);
    const { stdout } = await hedgerow(['check', tempFile('plan.yaml', text), '--price', '10050.4']);
    expect(stdout).toContain('tick 0.001, whole numbers or at most 5 significant figures');
    expect(stdout).toContain('unit 50 = 50 ticks of 1');
  });
});

describe('the shipped strategies', () => {
  test('are valid, big enough for their market, and protected; shown at the prices of the built-in generator', async () => {
    const { exitCode, files, conflicts } = await checkJson('strategies');
    expect({ exitCode, conflicts }).toEqual({ exitCode: 0, conflicts: [] });
    expect(files.map(({ file }) => file)).toEqual(['strategies/btc-rotation.yaml', 'strategies/eth-joint-scaling.yaml', 'strategies/sol-independent.yaml']);
    expect(files.map(({ market }) => market.price)).toEqual(['60000', '3000', '150']);
    for (const { status, preview } of files) {
      expect(status).toBe('ok');
      expect(preview.extremes).not.toBeNull();
      expect(preview.warnings.map(({ code }) => code)).not.toContain('LIQUIDATION_BEFORE_STOP');
    }
  });

  test('as text: every default, the ladder, margins; 100 columns, no colours', async () => {
    const { code, stdout, stderr } = await hedgerow(['check', 'strategies']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const text of ['btc-rotation  BTC/USDT:USDT', 'rebalances from 1% of the target', 'stop-entry-short: stop-market', 'smallest capital that works', 'if everything fills', 'Assumed: each wallet stands alone']) expect(stdout).toContain(text);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((line) => [...line].length > 100)).toEqual([]);
  });
});

describe('without a price', () => {
  test('levels only, and it says so', async () => {
    const { code, stdout } = await hedgerow(['check', tempFile('plan.yaml', BTC.replaceAll('BTC', 'XRP'))]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/price {7}no price is known; add --price PRICE or --candles FILE/);
    expect(stdout).toMatch(/stop-entry-short {5}3 {2}sell {5}−4 {7}−4% {6}– {7}– {5}– {2}now/);
  });

  test('a real exchange brings its own market: no amounts, but the cap on conditional orders', async () => {
    const { code, stdout } = await hedgerow(['check', tempFile('plan.yaml', ETH.replace(/exchange: .*/, 'exchange: { id: bybit }')), '--price', '2000']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/come from bybit when the plan runs/);
    expect(stdout).toMatch(/up to 12 conditional orders on account main, bybit takes 10 per symbol[\s\S]*\[TOO_MANY_CONDITIONAL_ORDERS\]/);
  });

  test('how a real exchange is reached, and what it lacks for real money', async () => {
    const { code, stdout } = await hedgerow(['check', tempFile('plan.yaml', ETH.replace(/exchange: .*/, 'exchange: { id: gate, sandbox: true, urls: { rest: http://localhost:8080 }, options: { x: 1 } }')), '--price', '2000']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/connection {2}sandbox, requests to http:\/\/localhost:8080, options \{"x":1\}/);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/warning: with real money gate is refused: a trigger order can neither be looked up nor cancelled by our own id, .* \[NO_LIVE_TRADING\]/);
  });

  test('a credential in the file is refused, and not repeated', async () => {
    const { code, stdout, stderr } = await hedgerow(['check', tempFile('plan.yaml', ETH.replace(/exchange: .*/, 'exchange: { id: gate, apiKey: kAnArY }')), '--json']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/exchange\.apiKey: found a key that names a credential/)]);
    expect(`${stdout}${stderr}`).not.toContain('kAnArY');
  });
});

describe('what is found', () => {
  test('too little capital exits 1 and says how much is needed', async () => {
    const file = tempFile('plan.yaml', BTC.replace('capital: 5000', 'capital: 50'));
    const { code, stdout } = await hedgerow(['check', file, '--price', '100000']);
    expect(code).toBe(1);
    // 0.005 splits into 0.002, 0.001, 0.001 and the remainder 0.001; it costs 0.005 · 100 000 · (1 + 3 · 0.00055) / 3 = 166.9416…
    expect(stdout).toMatch(/too small for the limits of the exchange \[STRATEGY_TOO_SMALL\][\s\S]*smallest capital\s+that works\s+166\.95[\s\S]*limits NOT MET/);
    const { files } = await checkJson(file, '--price', '100000');
    expect(files[0]).toMatchObject({ status: 'too-small', error: { code: 'STRATEGY_TOO_SMALL' } });
  });

  test('all problems of all files, the valid ones shown all the same; exit 2', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'b.yml'), BTC.replace('leverage: 3', 'leverage: 3x'));
    writeFileSync(join(folder, 'a.yaml'), BTC);
    writeFileSync(join(folder, 'notes.txt'), 'no strategy');
    const { code, stdout, stderr } = await hedgerow(['check', folder, join(folder, 'a.yaml'), 'missing.yaml']);
    expect(code).toBe(2);
    expect(stdout.match(/a\.yaml: valid/g)).toHaveLength(1);
    expect(stderr).toMatch(/^hedgerow: .*b\.yml:5:11: leverage: found "3x".* \[STRATEGY_INVALID\]\n[\s\S]*hedgerow: missing\.yaml does not exist.* \[INPUT_INVALID\]\n$/);
    const { files } = await checkJson(folder, 'missing.yaml');
    expect(files.map(({ status, error }) => [status, error?.code])).toEqual([
      ['ok', undefined],
      ['invalid', 'STRATEGY_INVALID'],
      ['invalid', 'INPUT_INVALID'],
    ]);
  });

  test('two plans of one name, or on one account and symbol, exit 1', async () => {
    const [one, two] = [tempFile('one.yaml', BTC), tempFile('two.yaml', BTC)];
    const { exitCode, conflicts } = await checkJson(one, two);
    expect(exitCode).toBe(1);
    expect(conflicts.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^the name btc is used by .*one\.yaml and .*two\.yaml/),
      expect.stringMatching(/^BTC\/USDT:USDT on account main of simulated is traded by .*one\.yaml and .*two\.yaml/),
    ]);
    const apart = tempFile('three.yaml', BTC.replace('name: btc', 'name: other').replace('cycle: rotation', 'cycle: rotation, account: second'));
    expect((await checkJson(one, apart)).exitCode).toBe(0);
  });

  test.each<[string, () => readonly string[], RegExp]>([
    ['one price for two symbols', () => [tempFile('b.yaml', BTC), tempFile('e.yaml', ETH), '--price', '100'], /--price is one price, the files trade BTC\/USDT:USDT, ETH\/USDT:USDT/],
    ['a price that is none', () => [tempFile('b.yaml', BTC), '--price', '1e5'], /--price: found "1e5", .*exponents are refused; write 100000/],
    ['a price below the tick', () => [tempFile('b.yaml', BTC), '--price', '0.01'], /below half a tick of 0\.1/],
    ['candles of another symbol', () => [tempFile('b.yaml', BTC), '--candles', tempFile('x_ETHUSDT_1h.csv', 'timestamp_ms,open,high,low,close,volume\n0,1,1,1,1,1\n')], /it is of ETH\/USDT:USDT; the files trade BTC/],
    ['missing candles', () => [tempFile('b.yaml', BTC), '--candles', 'missing.csv'], /missing\.csv: there is no such file.* \[FEED_INVALID\]/],
    ['an empty argument', () => [''], /an argument is empty/],
    ['an empty folder', () => [tempFolder()], /holds no \*\.yaml or \*\.yml file/],
    ['a folder named like a strategy', () => [emptyFolder('x.yaml')], /holds no \*\.yaml/],
  ])('%s exits 2', async (_, args, message) => {
    const { code, stdout, stderr } = await hedgerow(['check', ...args()]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

function emptyFolder(name: string): string {
  const folder = join(tempFolder(), name);
  mkdirSync(folder);
  return folder;
}
