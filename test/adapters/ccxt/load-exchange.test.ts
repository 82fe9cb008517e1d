/** The loader of single ccxt classes: the same objects as the whole library, without the whole library. */
import { spawnSync } from 'node:child_process';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { loadCcxtClass, loadCcxtErrors } from '../../../src/adapters/ccxt/load-exchange.ts';
import { EXCHANGE_IDS } from '../../../src/domain/strategy.ts';

const REAL_IDS = EXCHANGE_IDS.filter((id) => id !== 'simulated');

describe('loadCcxtClass', () => {
  it.each(REAL_IDS)('%s is the class of the whole library, with and without streams', async (id) => {
    const { default: ccxt } = await import('ccxt');
    expect(await loadCcxtClass(id, 'rest')).toBe(ccxt[id]);
    expect(await loadCcxtClass(id, 'pro')).toBe(ccxt.pro[id]);
  });

  it('throws the error classes of loadCcxtErrors', async () => {
    const [Binance, { BadSymbol, BaseError }] = await Promise.all([loadCcxtClass('binanceusdm', 'rest'), loadCcxtErrors()]);
    const client = new Binance();
    client.setMarkets([]);
    expect(() => client.market('NO/SUCH:SUCH')).toThrow(BadSymbol);
    expect(BadSymbol.prototype).toBeInstanceOf(BaseError);
    expectTypeOf(client.fetchOHLCV).toBeFunction();
    expectTypeOf((await loadCcxtClass('bybit', 'pro')).prototype.watchOrders).toBeFunction();
  });

  it('loads from built JavaScript, and does not load the other exchanges', () => {
    const script = `
      const { loadCcxtClass } = await import('./dist/src/adapters/ccxt/load-exchange.js');
      const Class = await loadCcxtClass('gate', 'pro');
      const client = new Class();
      process.stdout.write(client.id + ' ' + (process.memoryUsage().heapUsed < 40e6));
    `;
    const built = spawnSync(process.execPath, ['src/cli/launch.mjs', '--build-only'], { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 30_000 });
    expect(run.stdout, run.stderr).toBe('gate true');
  });
});
