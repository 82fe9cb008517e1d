/** `hedgerow exchange` in a process of its own: it serves, says how to reach it, and ends when told. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, hedgerow, removeTempFiles, tempFile } from './hedgerow-process.ts';

afterAll(removeTempFiles);

/** What it printed until `look` had its turn, and how it ended. */
async function serve(args: readonly string[], look: (address: string) => Promise<void>): Promise<{ readonly stdout: string; readonly code: number | null }> {
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
    await look(address);
  } finally {
    child.kill('SIGTERM');
  }
  return { code: await ended, stdout };
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

  it('says what it cannot be', async () => {
    const { code, stderr } = await hedgerow(['exchange', 'binanceusd']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/binanceusdm, bybit, hyperliquid; did you mean "binanceusdm"\?/)]);
    expect((await hedgerow(['exchange', 'bybit', '--speed', 'fast'])).stderr).toContain('--speed "fast" is not a factor; write 1, 60x or 0.5');
  });
});
