/** What an accepted strategy file becomes: defaults, order, exact numbers; and how files that cannot be read are refused. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { D, plain } from '../../../src/domain/decimal.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';
import { loadStrategyFile, parseStrategy } from '../../../src/adapters/yaml/load-strategy.ts';
import { strategyHash } from '../../../src/adapters/yaml/strategy-hash.ts';
import { EXAMPLES, MINIMAL, withLine } from './strategy-texts.ts';

const parse = (text: string) => parseStrategy(text, 'f.yaml');

describe('defaults', () => {
  test('the smallest file gets every default', () => {
    const window = { order: 'stop-market', limitOffset: null, triggerBy: 'mark', onGap: 'market', resting: 4 };
    const quarter = { numerator: '1', denominator: '4' };
    expect(parse(MINIMAL)).toEqual({
      version: 1,
      name: 'a',
      symbol: 'BTC/USDT:USDT',
      exchange: {
        id: 'simulated',
        account: 'main',
        positionMode: 'hedge',
        marginMode: 'cross',
        triggerBy: 'mark',
        market: { tickSize: '0.1', amountStep: '0.0001', minAmount: '0.0001', minCost: '5', takerFee: '0.0005', makerFee: '0.0002', slippage: '0' },
        connection: null,
      },
      leverage: '3',
      unit: { type: 'percent', fraction: '0.01' },
      spacing: 'arithmetic',
      reset: { policy: 'independent', onAdvance: null },
      rebalanceThreshold: '0.01',
      wallets: [{ name: 'hedge', capital: '1000', cycle: 'rotation', weights: [quarter, quarter, quarter, quarter], confirmation: 1, account: 'main' }],
      windows: { 'stop-loss': window, 'stop-entry-short': window, cover: window, 'flip-short': window, 'flip-long': window, 'stop-entry-long': window },
      risk: [],
    });
  });

  test('sections may be empty', () => {
    expect(parse(`${MINIMAL}exchange:\nrebalance:\nwindows:\n  cover:\nrisk:\n`)).toEqual(parse(MINIMAL));
    expect(parse(`${MINIMAL}exchange:\n  market: ~\n`)).toEqual(parse(MINIMAL));
  });

  test('a partial market gets the rest; the smallest amount follows a coarser step', () => {
    expect(parse(`${MINIMAL}exchange: { market: { tickSize: 0.5, amountStep: 1 } }\n`).exchange.market).toMatchObject({ tickSize: '0.5', amountStep: '1', minAmount: '1', takerFee: '0.0005' });
    expect(parse(`${MINIMAL}exchange: { market: { tickSize: 0.01, significantFigures: 5 } }\n`).exchange.market).toMatchObject({ tickSize: '0.01', significantFigures: 5 });
    expect(parse(`${MINIMAL}exchange: { market: { amountStep: 0.00001 } }\n`).exchange.market).toMatchObject({ minAmount: '0.0001' });
  });

  test('a real exchange brings its own market', () => {
    expect(parse(`${MINIMAL}exchange: { id: okx }\n`).exchange).toMatchObject({ id: 'okx', market: null });
  });

  test('how a real exchange is reached: its own addresses and production unless the file says otherwise', () => {
    const connectionOf = (inside: string) => parse(`${MINIMAL}exchange: { id: bybit${inside} }\n`).exchange.connection;
    const plainConnection = { environment: 'production', restUrl: null, streamUrl: null, proxies: {}, options: {} };
    expect(connectionOf('')).toEqual(plainConnection);
    expect(connectionOf(', sandbox: false, urls: , proxy: {}, options: ~')).toEqual(plainConnection);
    expect(connectionOf(', sandbox: true')).toEqual({ ...plainConnection, environment: 'sandbox' });
    expect(connectionOf(', demo: true')).toEqual({ ...plainConnection, environment: 'demo' });
    expect(connectionOf(', urls: { rest: http://127.0.0.1:8080/, stream: "ws://[::1]:8081" }')).toEqual({ ...plainConnection, restUrl: 'http://127.0.0.1:8080', streamUrl: 'ws://[::1]:8081' });
    expect(connectionOf(', urls: { rest: "https://Gateway.example:443" }')).toMatchObject({ restUrl: 'https://gateway.example' });
    expect(connectionOf(', proxy: { httpsProxy: http://10.0.0.1:3128, wsSocksProxy: socks5://127.0.0.1:1080 }')).toMatchObject({ proxies: { httpsProxy: 'http://10.0.0.1:3128', wsSocksProxy: 'socks5://127.0.0.1:1080' } });
  });

  test("ccxt's options are no texts where they look like numbers, booleans or nothing", () => {
    const { connection } = parse(`${MINIMAL}exchange: { id: bybit, options: { fetchMarkets: { types: [linear] }, enableUnifiedAccount: true, unifiedMarginStatus: 6, x: 0.5, y: -1, z: ~ } }\n`).exchange;
    expect(connection?.options).toEqual({ fetchMarkets: { types: ['linear'] }, enableUnifiedAccount: true, unifiedMarginStatus: 6, x: 0.5, y: -1, z: null });
  });

  test('hyperliquid has one-way positions only, the others hedge unless told otherwise', () => {
    const modeOf = (exchange: string, symbol = 'BTC/USDT:USDT') => parse(`${withLine(`symbol: ${symbol}`)}exchange: { ${exchange} }\n`).exchange.positionMode;
    expect([modeOf('id: hyperliquid', 'BTC/USDC:USDC'), modeOf('id: okx'), modeOf('id: bybit, positionMode: one-way'), modeOf('id: simulated')]).toEqual(['one-way', 'hedge', 'one-way', 'hedge']);
  });

  test('account and trigger come from the exchange unless given', () => {
    const strategy = parse(`${withLine('wallets: { long: , hedge: { account: h2 } }')}exchange: { account: sub, triggerBy: last }\nwindows: { cover: { triggerBy: index } }\n`);
    expect(strategy.wallets.map((wallet) => wallet.account)).toEqual(['sub', 'h2']);
    expect(strategy.windows.cover.triggerBy).toBe('index');
    expect(strategy.windows['stop-loss'].triggerBy).toBe('last');
  });

  test('resting is the number of fragments of the wallet that has the role', () => {
    const { windows } = parse(withLine('wallets: { hedge: { fragments: 7 }, long: { fragments: 3 } }'));
    expect([windows['stop-loss'].resting, windows['stop-entry-long'].resting, windows.cover.resting, windows['stop-entry-short'].resting]).toEqual([3, 3, 7, 7]);
  });

  test('wallets keep the order of the file', () => {
    expect(parse(withLine('wallets: { hedge: , long: }')).wallets.map((wallet) => wallet.name)).toEqual(['hedge', 'long']);
    expect(parse(withLine('wallets: { long: , hedge: }')).wallets.map((wallet) => wallet.name)).toEqual(['long', 'hedge']);
  });

  test('reset as a word and as a block', () => {
    const scaling = withLine('wallets: { hedge: { cycle: scaling } }');
    expect(parse(`${scaling}reset: joint\n`).reset).toEqual({ policy: 'joint', onAdvance: null });
    expect(parse(`${scaling}reset: { policy: joint, onAdvance: 20 }\n`).reset).toEqual({ policy: 'joint', onAdvance: 20 });
    expect(parse(`${scaling}reset: { onAdvance: 20 }\n`).reset).toEqual({ policy: 'independent', onAdvance: 20 });
    expect(parse(`${scaling}reset: {}\n`).reset).toEqual({ policy: 'independent', onAdvance: null });
  });

  test('every form of unit', () => {
    expect(parse(withLine('unit: { price: 100.50 }')).unit).toEqual({ type: 'price', price: '100.5' });
    expect(parse(withLine('unit: { margin: 5% }')).unit).toEqual({ type: 'margin', fraction: '0.05' });
    expect(parse(withLine('unit: { atr: { length: 14, timeframe: 1h, multiple: 0.5 } }')).unit).toEqual({ type: 'atr', length: 14, timeframe: '1h', multiple: '0.5' });
  });

  test('risk limits in their fixed order, halting by default', () => {
    const text = `${MINIMAL}risk: { maxDailyLoss: { limit: 5 % }, maxNotional: { limit: 20000, action: pause }, maxDrawdown: { limit: 25% } }\n`;
    expect(parse(text).risk).toEqual([
      { name: 'maxDrawdown', limit: '0.25', unit: 'fraction', action: 'halt' },
      { name: 'maxNotional', limit: '20000', unit: 'quote', action: 'pause' },
      { name: 'maxDailyLoss', limit: '0.05', unit: 'fraction', action: 'halt' },
    ]);
    expect(parse(`${MINIMAL}risk: { maxDailyLoss: { limit: 500 } }\n`).risk).toEqual([{ name: 'maxDailyLoss', limit: '500', unit: 'quote', action: 'halt' }]);
  });

  test('weights are exact ratios', () => {
    expect(parse(withLine('wallets: { hedge: { fragments: [62.5%, 37.50%] } }')).wallets[0]?.weights).toEqual([
      { numerator: '62.5', denominator: '100' },
      { numerator: '37.5', denominator: '100' },
    ]);
    expect(parse(withLine('wallets: { hedge: { fragments: 3 } }')).wallets[0]?.weights).toEqual(Array(3).fill({ numerator: '1', denominator: '3' }));
  });
});

describe('text as written', () => {
  test.each([
    ['5000.10', '5000.1'],
    ['"5000.10"', '5000.1'],
    ["'0.1'", '0.1'],
    ['1234567890123456789012345.123456789', '1234567890123456789012345.123456789'],
    ['9007199254740993', '9007199254740993'],
    ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
    ['.5', '0.5'],
    ['100 # comment', '100'],
  ])('capital: %s', (written, value) => {
    expect(parse(withLine(`wallets:\n  hedge:\n    capital: ${written}\n`)).wallets[0]?.capital).toBe(value);
  });

  test('names that look like numbers or booleans are names', () => {
    for (const name of ['010', 'true', '1e3', '0x10', '2024-01-01', 'no']) expect(parse(withLine(`name: ${name}`)).name).toBe(name);
  });

  test('an alias stands for its anchor', () => {
    expect(parse(withLine('wallets: { long: &w { capital: 700 }, hedge: *w }')).wallets.map((wallet) => wallet.capital)).toEqual(['700', '700']);
  });

  const digits = (min: number, max: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });
  const decimalText = fc
    .tuple(digits(1, 24), digits(0, 24))
    .map(([whole, part]) => whole.replace(/^0+(?=\d)/, '') + (part === '' ? '' : `.${part}`))
    .filter((text) => /[1-9]/.test(text));

  test('any decimal text survives to the last digit', () => {
    fc.assert(
      fc.property(decimalText, fc.constantFrom('', '"', "'"), (text, quote) => {
        const strategy = parse(withLine(`wallets: { hedge: { capital: ${quote}${text}${quote} } }`));
        const canonical = text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
        expect(strategy.wallets[0]?.capital).toBe(canonical);
      }),
    );
  });

  test('any percentage becomes its exact fraction', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), digits(1, 24), (whole, part) => {
        fc.pre(/[1-9]/.test(`${whole}${part}`));
        const { unit } = parse(withLine(`unit: { percent: ${whole}.${part}% }`));
        const scaled = `${whole}`.padStart(2, '0') + part;
        expect(unit).toEqual({ type: 'percent', fraction: `0.${scaled}`.replace(/0+$/, '') });
      }),
    );
  });

  test('weights that sum to 100% are accepted, one last digit off is refused', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 20 }), (cuts, places) => {
        const step = new D(10).pow(-places);
        const parts = cuts.map((cut) => new D(cut).times(step));
        const rest = parts.reduce((left, part) => left.minus(part), new D(100));
        fc.pre(rest.greaterThan(0));
        const list = (last: D): string => [...parts, last].map((part) => `${plain(part)}%`).join(', ');
        expect(parse(withLine(`wallets: { hedge: { fragments: [${list(rest)}] } }`)).wallets[0]?.weights).toHaveLength(cuts.length + 1);
        expect(() => parse(withLine(`wallets: { hedge: { fragments: [${list(rest.minus('1e-25'))}] } }`))).toThrow('sum to exactly 100%');
      }),
    );
  });
});

describe('the hash', () => {
  test('is the same for comments, order of keys and written-out defaults', () => {
    const lines = MINIMAL.trimEnd().split('\n');
    expect(strategyHash(parse(`# x\n${[...lines].reverse().join('\n')}\nspacing: arithmetic\n`))).toBe(strategyHash(parse(MINIMAL)));
    expect(strategyHash(parse(withLine('leverage: 3.00')))).toBe(strategyHash(parse(MINIMAL)));
    expect(strategyHash(parse(MINIMAL))).toMatch(/^[0-9a-f]{16}$/);
  });

  test('differs for every difference', () => {
    const reached = ['', ', sandbox: true', ', demo: true', ', urls: { rest: http://localhost:1 }', ', proxy: { httpProxy: http://h:1 }', ', options: { x: 1 }'].map((inside) => `${MINIMAL}exchange: { id: bybit${inside} }\n`);
    const texts = [MINIMAL, withLine('leverage: 3.1'), withLine('name: b'), withLine('wallets: { hedge: , long: }'), withLine('wallets: { long: , hedge: }'), ...reached, ...EXAMPLES.map(([, text]) => text)];
    expect(new Set(texts.map((text) => strategyHash(parse(text)))).size).toBe(texts.length);
  });
});

describe('the example files', () => {
  test.each(EXAMPLES)('%s is valid, named after its file and points at the schema', (fileName, text) => {
    expect(`${parse(text).name}.yaml`).toBe(fileName);
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schemas/strategy.schema.json');
  });
});

describe('files', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-strategy-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const put = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const refused = async (path: string): Promise<[code: string, message: string]> => {
    const error: unknown = await loadStrategyFile(path).then(() => null, (reason: unknown) => reason);
    if (!(error instanceof HedgerowError)) throw new Error(`expected a HedgerowError, got ${String(error)}`);
    return [error.code, error.message.replaceAll(folder, '')];
  };

  test('a good file, with and without a byte order mark', async () => {
    expect(await loadStrategyFile(put('good.yaml', MINIMAL))).toEqual(parse(MINIMAL));
    expect(await loadStrategyFile(put('bom.yaml', `\uFEFF${MINIMAL}`))).toEqual(parse(MINIMAL));
  });

  test('a missing file', async () => {
    expect(await refused(join(folder, 'none.yaml'))).toEqual(['INPUT_INVALID', '/none.yaml does not exist; check the path, or list strategies/']);
    expect((await refused(join(folder, 'a\0b')))[0]).toBe('INPUT_INVALID');
  });

  test('a directory, a pipe and a device', async () => {
    mkdirSync(join(folder, 'dir'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    expect(await refused(join(folder, 'dir'))).toEqual(['INPUT_INVALID', '/dir is a directory; name a strategy file in it, such as strategies/btc-rotation.yaml']);
    expect(await refused(join(folder, 'pipe'))).toEqual(['INPUT_INVALID', '/pipe is not a regular file; name a strategy file, such as strategies/btc-rotation.yaml']);
    expect((await refused('/dev/zero'))[0]).toBe('INPUT_INVALID');
  });

  test.skipIf(process.getuid?.() === 0)('a file without read permission', async () => {
    const path = put('secret.yaml', MINIMAL);
    chmodSync(path, 0o000);
    expect(await refused(path)).toEqual(['INPUT_INVALID', '/secret.yaml may not be read; give this user read permission (chmod u+r)']);
  });

  test('bytes that are not UTF-8', async () => {
    expect(await refused(put('latin1.yaml', Buffer.from('name: caf\xe9\n', 'latin1')))).toEqual(['STRATEGY_INVALID', '/latin1.yaml:1:1: found bytes that are not UTF-8, expected UTF-8; save the file as UTF-8']);
    expect(await refused(put('utf16.yaml', Buffer.from(`\uFEFF${MINIMAL}`, 'utf16le')))).toEqual(['STRATEGY_INVALID', '/utf16.yaml:1:1: found UTF-16 text, expected UTF-8; save the file as UTF-8']);
  });

  test('a file that is too large, or has a problem inside', async () => {
    expect(await refused(put('big.yaml', `${MINIMAL}${'#\n'.repeat(200_000)}`))).toEqual(['STRATEGY_INVALID', '/big.yaml:1:1: the file is larger than 256 kB, expected a strategy file of a few kB']);
    expect((await refused(put('bad.yaml', withLine('leverage: 0'))))[1]).toContain('/bad.yaml:4:11: leverage: found "0"');
  });
});
