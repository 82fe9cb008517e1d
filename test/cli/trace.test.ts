/** `hedgerow trace` as a user runs it: DOMAIN §7 to the letter, the forms of input, and a message for each wrong one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hedgerow, removeTempFiles, tempFile, tempFolder } from './hedgerow-process.ts';

const BTC = 'strategies/btc-rotation.yaml';
const SOL = 'strategies/sol-independent.yaml';

const EXAMPLE = `version: 1
name: example
symbol: BTC/USDT:USDT
exchange: { market: { tickSize: 0.1, amountStep: 0.0001, takerFee: 0%, makerFee: 0% } }
leverage: 1
unit: { price: 100 }
wallets: { hedge: { capital: 10000 } }
`;

let example = '';
beforeAll(async () => {
  expect(await hedgerow(['--build-only'])).toMatchObject({ code: 0 });
  example = tempFile('example.yaml', EXAMPLE);
});
afterAll(removeTempFiles);

describe('documents', () => {
  test('the example of DOMAIN §7: keys in order, values, orders sorted by role, levels descending', async () => {
    const { code, stdout, stderr } = await hedgerow(['trace', example, '--prices', '10000,10700,10600', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [first = '', second = '', third = '', ...rest] = stdout.split('\n');
    expect(rest).toEqual(['']);
    expect(first).toMatch(/"fills":\[\{"wallet":"hedge","role":"market-buy","side":"buy","level":null,"price":"10000","amount":"1","fee":"0"\}\]\}$/);
    // Entries: 10 000 · 25 % / price, floored to 0.0001: 2500/10600 = 0.23584…, /10500 = 0.23809…, /10400 = 0.24038…, /10300 = 0.24271…
    const entry = (rung: number, level: number, price: string, amount: string) =>
      `{"wallet":"hedge","role":"stop-entry-short","rung":${rung},"side":"sell","level":${level},"triggerPrice":"${price}","amount":"${amount}"}`;
    expect(second).toBe(
      '{"step":1,"price":"10700","phase":"ADVANCE","wallets":[{"wallet":"hedge","cycle":0,"phase":"ADVANCE","unit":7,"top":6,' +
        '"rungsOut":0,"long":"1","short":"0","equity":"10700","fees":"0","anchor":"10000","unitSize":"100"}],' +
        `"orders":[${entry(0, 6, '10600', '0.2358')},${entry(1, 5, '10500', '0.238')},${entry(2, 4, '10400', '0.2403')},${entry(3, 3, '10300', '0.2427')},` +
        '{"wallet":"hedge","role":"stop-loss","rung":null,"side":"sell","level":6,"triggerPrice":"10600","amount":"1"}],' +
        '"fills":[]}',
    );
    expect(JSON.parse(third)).toMatchObject({
      step: 2,
      phase: 'RETRACEMENT',
      fills: [
        { role: 'stop-loss', side: 'sell', level: 6, price: '10600', amount: '1', fee: '0' },
        { role: 'stop-entry-short', side: 'sell', level: 6, price: '10600', amount: '0.2358', fee: '0' },
      ],
    });
  });

  test('gap: everything that was passed fills at the new price', async () => {
    const { stdout } = await hedgerow(['trace', example, '--prices', '10000,9650', '--fill', 'gap', '--json']);
    const last = JSON.parse(stdout.trim().split('\n')[1] ?? '') as { fills: { price: string; level: number }[] };
    expect(last.fills.map(({ level, price }) => `${level} ${price}`)).toEqual(['-1 9650', '-1 9650', '-2 9650', '-3 9650']);
  });

  test('a file of paths: numbered by order without blank lines and comments, each like a run of its own', async () => {
    const file = tempFile('paths.txt', '# two paths\r\n10000, 10700\n\n10000,9900,10000');
    const { code, stdout } = await hedgerow(['trace', example, '--prices-file', file, '--json']);
    expect(code).toBe(0);
    const single = async (prices: string, path: number) => (await hedgerow(['trace', example, '--prices', prices, '--json'])).stdout.replaceAll(/^\{/gm, `{"path":${path},`);
    expect(stdout).toBe((await single('10000,10700', 0)) + (await single('10000,9900,10000', 1)));
    expect(await hedgerow(['trace', example, '--prices-file', '-', '--json'], { stdin: '10000,10700\n10000,9900,10000\n' })).toEqual({ code: 0, stdout, stderr: '' });
  });

  test('thousands of paths stream', async () => {
    const paths = Array.from({ length: 2_000 }, (_, index) => `10000,${9_990 - (index % 100)},10050`).join('\n');
    const { code, stdout } = await hedgerow(['trace', example, '--prices-file', '-', '--json'], { stdin: paths, nodeArgs: ['--max-old-space-size=64'] });
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(6_000);
    expect(lines.at(-1)).toMatch(/^\{"path":1999,"step":2,/);
  });

  test('without --json a table that fits 100 columns and has no colours in a pipe', async () => {
    const { code, stdout } = await hedgerow(['trace', BTC, '--prices', '100000,107000,103000']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^step 1 {2}price 107000 {2}ADVANCE$/m);
    expect(stdout).toMatch(/^ {2}hedge stop-loss sell \+6: 0\.149 at 106000$/m);
    expect(stdout).toMatch(/^ {2}filled: hedge stop-loss sell \+6: 0\.149 at 106000, fee 8\.6867$/m);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});

describe('units of ATR', () => {
  const bars = (count: number) =>
    ['timestamp_ms,open,high,low,close,volume', ...Array.from({ length: count }, (_, hour) => `${1_735_689_600_000 + hour * 3_600_000},100,102,98,100,1`)].join('\n');

  test('are measured on the candles of a file', async () => {
    // Every true range is 4, the ATR too; 1.5 of it is 6.
    const candles = tempFile('sim_SOLUSDT_1h.csv', `${bars(14)}\n`);
    const { code, stdout } = await hedgerow(['trace', SOL, '--prices', '100', '--candles', candles, '--json']);
    expect(code).toBe(0);
    expect(stdout).toContain('"anchor":"100","unitSize":"6"');
  });

  test('candles for another unit are not used, and standard error says so', async () => {
    const { code, stdout, stderr } = await hedgerow(['trace', example, '--prices', '10000', '--candles', 'missing.csv', '--json']);
    expect({ code, lines: stdout.split('\n').length }).toEqual({ code: 0, lines: 2 });
    expect(stderr).toMatch(/--candles is not used/);
  });

  test.each<[number, RegExp]>([
    [13, /sim_SOLUSDT_1h\.csv: ATR of length 14 needs 14 closed candles and got 13/],
    [0, /there are no candles below the header/],
  ])('too few candles: %i', async (count, message) => {
    const { code, stdout, stderr } = await hedgerow(['trace', SOL, '--prices', '100', '--candles', tempFile('sim_SOLUSDT_1h.csv', bars(count))]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('wrong input exits 2 and says where', () => {
  const bybit = EXAMPLE.replace(/exchange: .*/, 'exchange: { id: bybit }');
  test.each<[string, () => readonly string[], RegExp]>([
    ['no prices', () => [example], /^hedgerow: no prices were given; add --prices .* \[INPUT_INVALID\]\n$/],
    ['both', () => [example, '--prices', '1', '--prices-file', 'x'], /both given/],
    ['empty', () => [example, '--prices', ''], /--prices: found no price/],
    ['a hole', () => [example, '--prices', '1,,2'], /--prices, price 2: found nothing/],
    ['an exponent', () => [example, '--prices', '10000,1e4'], /--prices, price 2: found "1e4", .*exponents are refused; write 10000/],
    ['zero', () => [example, '--prices', '10000,0'], /--prices, price 2: found "0", expected a number above 0/],
    ['negative', () => [example, '--prices', '-5'], /--prices, price 1: found "-5"/],
    ['words', () => [example, '--prices', '10000,NaN,Infinity'], /--prices, price 2: found "NaN"/],
    ['a line of a file', () => [example, '--prices-file', tempFile('p.txt', '\n10000\n10000,x\n')], /p\.txt:3, price 2: found "x"/],
    ['a file without paths', () => [example, '--prices-file', tempFile('p.txt', '# none\n\n')], /p\.txt holds no price path/],
    ['a missing file', () => [example, '--prices-file', 'missing.txt'], /--prices-file: missing\.txt does not exist/],
    ['a folder for a file', () => [example, '--prices-file', tempFolder()], /is a folder/],
    ['a fill mode', () => [example, '--prices', '1', '--fill', 'gab'], /--fill "gab" is not one of touch, gap; did you mean "gap"\?/],
    ['a missing strategy', () => ['missing.yaml', '--prices', '1'], /missing\.yaml does not exist/],
    ['a folder', () => ['strategies', '--prices', '1'], /strategies is a directory; name a strategy file/],
    ['an empty argument', () => ['', '--prices', '1'], /argument 1 is empty/],
    ['a wrong strategy', () => [tempFile('s.yaml', EXAMPLE.replace('leverage: 1', 'leverag: 1')), '--prices', '1'], /^hedgerow: .*s\.yaml:1:1: leverage: missing, .* \[STRATEGY_INVALID\]\n.*s\.yaml:5:1: .*did you mean "leverage"\?/],
    ['a real exchange', () => [tempFile('s.yaml', bybit), '--prices', '1'], /trades on bybit, .*exchange: \{ id: simulated, market:/],
    ['units of ATR without candles', () => [SOL, '--prices', '100'], /ATR of 14 candles of 1h; add --candles FILE/],
    ['too little capital', () => [example, '--prices', '100000000'], /--prices: wallet hedge: .*smallest capital that works at this price is 40000 \[STRATEGY_TOO_SMALL\]/],
    ['a price below the tick', () => [example, '--prices', '0.01'], /--prices, price 1 \(0\.01\): the price is out of reach of the grid/],
    ['a price beyond a million units', () => [example, '--prices', '10000,1000000000', '--fill', 'gap'], /--prices, price 2 \(1000000000\): the price is out of reach/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await hedgerow(['trace', ...args(), '--json']);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/\n {4}at /);
    for (const line of stdout.split('\n').filter((each) => each !== '')) JSON.parse(line);
  });
});
