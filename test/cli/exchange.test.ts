/** `hedgerow exchange` in a process of its own: it serves, says how to reach it, and ends when told. */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, hedgerow, removeTempFiles, tempFile } from './hedgerow-process.ts';

afterAll(removeTempFiles);

/** What it printed until `look` had its turn, and how it ended. */
async function serve(args: readonly string[], look: (address: string, printed: () => string) => Promise<void>): Promise<{ readonly stdout: string; readonly code: number | null }> {
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/launch.mjs'), 'exchange', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let stdout = '';
  try {
    const address = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (piece: string) => {
        stdout += piece;
        const found = /(127\.0\.0\.1:\d+), .*\n/.exec(stdout)?.[1];
        if (found !== undefined) resolve(found);
      });
      void ended.then(() => reject(new Error(`it ended: ${stdout}`)));
    });
    await look(address, () => stdout);
  } finally {
    child.kill('SIGTERM');
  }
  return { code: await ended, stdout };
}

function after(name: string, printed: string): string {
  return new RegExp(`^ {2}${name} +(\\S+)`, 'm').exec(printed)?.[1] ?? '';
}

const json = async (url: string): Promise<unknown> => (await fetch(url)).json();

describe('hedgerow exchange', () => {
  it('serves generated prices until it is told to end, and says what to put into a strategy file', async () => {
    const { stdout, code } = await serve(['binanceusdm', '--speed', '60x'], async (address) => {
      expect(await json(`http://${address}/fapi/v1/exchangeInfo`)).toMatchObject({ symbols: [{ symbol: 'BTCUSDT' }, { symbol: 'ETHUSDT' }, { symbol: 'SOLUSDT' }] });
    });
    expect(stdout).toMatch(/key {5}[0-9a-f]{64}\n {2}secret {2}[0-9a-f]{64}\n {2}in a strategy file: exchange: \{ id: binanceusdm, urls: \{ rest: 'http:\/\/127\.0\.0\.1:\d+', stream: 'ws:\/\/127\.0\.0\.1:\d+' \} \}\n/);
    expect(code).toBe(0);
  });

  it('serves the prices of a file, through a bad network when asked', async () => {
    const candles = tempFile('candles_ETHUSDT_1m.csv', 'timestamp_ms,open,high,low,close,volume\n1704067200000,2300,2310,2290,2305,1\n1704067260000,2305,2306,2304,2304,1\n');
    const statuses = new Set<number | string>();
    await serve(['binanceusdm', '--feed', candles, '--speed', '1000', '--faults', '700', '--seed', '4'], async (address) => {
      for (let asked = 0; asked < 60; asked += 1) {
        const answer = await fetch(`http://${address}/fapi/v1/ticker/price?symbol=ETHUSDT`, { signal: AbortSignal.timeout(100) }).then(
          ({ status }) => status,
          (error: unknown) => (error as Error).name,
        );
        statuses.add(answer);
      }
    });
    expect([...statuses]).toEqual(expect.arrayContaining([200, 502, 'TimeoutError', 'TypeError']));
  });

  it('gives Hyperliquid keys that may trade and may not withdraw, and names the markets as a strategy file does', async () => {
    let told: Awaited<ReturnType<typeof hedgerow>> | null = null;
    const { stdout } = await serve(['hyperliquid'], async (address, printed) => {
      const keys = tempFile('keys.yaml', `main: { walletAddress: '${after('walletAddress', printed())}', privateKey: '${after('privateKey', printed())}' }\n`);
      chmodSync(keys, 0o600);
      const urls = `{ rest: 'http://${address}', stream: 'ws://${address}' }`;
      const strategy = tempFile('p.yaml', `version: 1\nname: p\nsymbol: BTC/USDC:USDC\nleverage: 3\nunit: { percent: 1% }\nexchange: { id: hyperliquid, urls: ${urls} }\nwallets:\n  long: { capital: 5000 }\n`);
      told = await hedgerow(['doctor', strategy, '--keys', keys]);
    });
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('the key may not withdraw') as string });
    expect(stdout).toMatch(/^hyperliquid on 127\.0\.0\.1:\d+, BTC\/USDC:USDC, ETH\/USDC:USDC, SOL\/USDC:USDC\n/);
  });

  it('never repeats the id of an order or trade after a restart, which a client would take for one it knows', async () => {
    const buy = async (): Promise<number[]> => {
      let ids: number[] = [];
      await serve(['binanceusdm'], async (address, printed) => {
        const ask = async (method: string, path: string, query: string): Promise<unknown> => {
          const signed = `${query}&timestamp=${Date.now()}`;
          const signature = createHmac('sha256', after('secret', printed())).update(signed).digest('hex');
          return (await fetch(`http://${address}${path}?${signed}&signature=${signature}`, { method, headers: { 'X-MBX-APIKEY': after('key', printed()) } })).json();
        };
        await ask('POST', '/fapi/v1/order', 'symbol=BTCUSDT&side=BUY&positionSide=LONG&type=MARKET&quantity=0.01');
        const trades = (await ask('GET', '/fapi/v1/userTrades', 'symbol=BTCUSDT')) as { id: number; orderId: number }[];
        ids = trades.flatMap(({ id, orderId }) => [id, orderId]);
      });
      return ids;
    };
    const [before, later] = [await buy(), await buy()];
    expect(before).toHaveLength(2);
    expect(later).toHaveLength(2);
    for (const [index, id] of later.entries()) expect(id).toBeGreaterThan(before[index] ?? Infinity);
  });

  it('says what it cannot be', async () => {
    const { code, stderr } = await hedgerow(['exchange', 'binanceusd']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/binanceusdm, bybit, hyperliquid; did you mean "binanceusdm"\?/)]);
    expect((await hedgerow(['exchange', 'bybit', '--speed', 'fast'])).stderr).toContain('--speed "fast" is not a factor; write 1, 60x or 0.5');
  });
});
