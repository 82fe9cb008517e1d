/** `hedgerow doctor` against a local exchange server: what is right passes, what is wrong fails with its remedy, and nothing is changed unasked. */
import { afterEach, describe, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../src/cli/main.ts';
import { startBinance } from '../sim/wire/binanceusdm/binance-rig.ts';
import type { BinanceRig } from '../sim/wire/binanceusdm/binance-rig.ts';

const KEYS = { HEDGEROW_MAIN_API_KEY: 'test-key', HEDGEROW_MAIN_SECRET: 'test-secret' };
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function server(options: Parameters<typeof startBinance>[0] = {}): Promise<BinanceRig> {
  const rig = await startBinance({ account: { positionMode: 'hedge', leverage: '6', deposit: '100000', ...options?.account }, ...options });
  opened.push(rig);
  return rig;
}

interface Told {
  readonly exitCode: number;
  readonly findings: readonly { readonly check: string; readonly status: string; readonly text: string; readonly remedy: string | null }[];
  readonly stdout: string;
  readonly stderr: string;
}

async function doctor(rig: BinanceRig, { env = KEYS, flags = [], yaml = '' }: { env?: Record<string, string>; flags?: readonly string[]; yaml?: string } = {}): Promise<Told> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-doctor-'));
  opened.push({ close: () => rmSync(folder, { recursive: true }) });
  const file = join(folder, 'plan.yaml');
  writeFileSync(
    file,
    `version: 1\nname: btc\nsymbol: BTC/USDT:USDT\nleverage: 3\nunit: { percent: 1% }\nexchange:\n  id: binanceusdm\n  urls: { rest: "http://${rig.listener.address}", stream: "ws://${rig.listener.address}" }\n${yaml}wallets:\n  hedge: { capital: 5000 }\n`,
  );
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = { stdout: '', stderr: '' };
  stdout.on('data', (data) => (texts.stdout += String(data)));
  stderr.on('data', (data) => (texts.stderr += String(data)));
  const exitCode = await runCli(['doctor', file, '--json', '--data', join(folder, 'data'), ...flags], { stdin: new PassThrough(), stdout: stdout as never, stderr: stderr as never, env });
  const report = texts.stdout === '' ? { strategies: [] } : (JSON.parse(texts.stdout) as { strategies: { findings: Told['findings'] }[] });
  return { exitCode, findings: report.strategies[0]?.findings ?? [], ...texts };
}

const failed = ({ findings }: Told): readonly string[] => findings.filter(({ status }) => status === 'fail').map(({ check }) => check);
const finding = ({ findings }: Told, check: string) => findings.find((each) => each.check === check);

describe('a healthy account', () => {
  test('passes, and nothing was changed at the exchange', async () => {
    const rig = await server();
    const told = await doctor(rig);
    expect(failed(told)).toEqual([]);
    expect(told.exitCode).toBe(0);
    for (const check of ['credentials', 'clock', 'market', 'limits', 'capital', 'key-permissions', 'withdrawals', 'position-mode', 'margin-mode', 'leverage', 'fees', 'funding', 'balance', 'conditional-orders', 'foreign-orders']) {
      expect(finding(told, check), check).toMatchObject({ status: 'pass' });
    }
    expect(finding(told, 'conditional-orders')?.text).toMatch(/the exchange takes 200 per account$/);
    expect(rig.paths().filter((path) => !path.startsWith('GET'))).toEqual([]);
  });
});

describe('a demo account', () => {
  test('passes, although Binance has no demo of the page that tells what a key may do', async () => {
    const rig = await server();
    const told = await doctor(rig, { yaml: '  demo: true\n' });
    expect(failed(told)).toEqual([]);
    expect(finding(told, 'key-permissions')).toMatchObject({ status: 'pass' });
    expect(finding(told, 'withdrawals')).toMatchObject({ status: 'warn' });
    expect(rig.paths().filter((path) => path.includes('/sapi/'))).toEqual([]);
  });
});

describe('what is wrong fails, with a remedy', () => {
  test('no credentials', async () => {
    const told = await doctor(await server(), { env: {} });
    expect(told.exitCode).toBe(1);
    expect(failed(told)).toEqual(['credentials']);
    expect(finding(told, 'credentials')?.text).toBe('missing: HEDGEROW_MAIN_API_KEY, HEDGEROW_MAIN_SECRET');
  });

  test('a wrong secret', async () => {
    const told = await doctor(await server(), { env: { ...KEYS, HEDGEROW_MAIN_SECRET: 'another-secret' } });
    expect(told.exitCode).toBe(1);
    expect(failed(told)).toEqual(['account']);
    expect(finding(told, 'account')?.remedy).toContain('look at the key');
    expect(told.stdout + told.stderr).not.toMatch(/another-secret|test-key|signature/);
  });

  test('a key that may withdraw, and one that works from anywhere is warned of', async () => {
    const told = await doctor(await server({ access: { canWithdraw: true, isIpRestricted: false } }));
    expect(failed(told)).toEqual(['withdrawals']);
    expect(finding(told, 'ip-restriction')).toMatchObject({ status: 'warn' });
  });

  test('another position mode, margin mode and leverage', async () => {
    const told = await doctor(await server({ account: { positionMode: 'one-way', marginMode: 'isolated', leverage: '2' } }));
    expect(failed(told)).toEqual(['position-mode', 'margin-mode', 'leverage']);
    expect(finding(told, 'leverage')?.remedy).toBe('hedgerow doctor --apply sets 6x');
  });

  test('too little money, and an order of somebody else', async () => {
    const rig = await server({ account: { deposit: '100' } });
    rig.exchange.others.place({ account: 'main', symbol: 'BTC/USDT:USDT', clientOrderId: 'web_x1', side: 'buy', type: 'limit', amount: '0.001', price: '50000', triggerPrice: null, triggerBy: 'last', positionSide: 'long', reduceOnly: false, postOnly: false });
    const told = await doctor(rig);
    expect(failed(told)).toEqual(['balance', 'foreign-orders']);
  });

  test('an order on another symbol is warned of', async () => {
    const rig = await server();
    await rig.exchange.others.place({ account: 'main', symbol: 'ETH/USDT:USDT', clientOrderId: 'web_x1', side: 'buy', type: 'limit', amount: '0.01', price: '2500', triggerPrice: null, triggerBy: 'last', positionSide: 'long', reduceOnly: false, postOnly: false });
    const told = await doctor(rig);
    expect(failed(told)).toEqual([]);
    expect(finding(told, 'other-symbols')).toMatchObject({ status: 'warn', text: expect.stringContaining('ETH/USDT:USDT') as unknown });
  });

  test('capital below the smallest orders, and leverage above what the market grants', async () => {
    const told = await doctor(await server(), { yaml: 'risk: {}\n' });
    expect(failed(told)).toEqual([]);
    const rig = await server({ prices: { 'BTC/USDT:USDT': '60000000' } });
    expect(failed(await doctor(rig))).toContain('capital');
  });

  test('an exchange that does not answer', async () => {
    const rig = await server();
    await rig.close();
    opened.pop();
    const told = await doctor(rig);
    expect(told.exitCode).toBe(1);
    expect(failed(told)).toEqual(['exchange']);
  });
});

describe('--apply', () => {
  test('sets modes and leverage on a flat account, and is content then', async () => {
    const rig = await server({ account: { positionMode: 'one-way', marginMode: 'isolated', leverage: '2' } });
    const told = await doctor(rig, { flags: ['--apply'] });
    expect(told.findings.filter(({ check }) => check === 'apply').map(({ text }) => text)).toEqual(['position mode hedge is set', 'cross margin is set', 'leverage 6x is set']);
    expect(failed(told)).toEqual([]);
    expect(told.exitCode).toBe(0);
    const again = await doctor(rig, { flags: ['--apply'] });
    expect(again.findings.filter(({ check }) => check === 'apply')).toEqual([]);
  });

  test('touches nothing while something is held or rests', async () => {
    const rig = await server({ account: { leverage: '2' } });
    rig.exchange.others.place({ account: 'main', symbol: 'ETH/USDT:USDT', clientOrderId: 'web_x1', side: 'buy', type: 'market', amount: '0.01', price: null, triggerPrice: null, triggerBy: 'last', positionSide: 'long', reduceOnly: false, postOnly: false });
    const told = await doctor(rig, { flags: ['--apply'] });
    expect(failed(told)).toContain('apply');
    expect(rig.paths().filter((path) => !path.startsWith('GET'))).toEqual([]);
  });
});

test('a strategy of the simulated exchange needs none', async () => {
  const rig = await server();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let said = '';
  stderr.on('data', (data) => (said += String(data)));
  expect(await runCli(['doctor', 'strategies/btc-rotation.yaml'], { stdin: new PassThrough(), stdout: stdout as never, stderr: stderr as never, env: {} })).toBe(2);
  expect(said).toContain('simulated exchange, which needs no doctor');
  expect(rig.paths()).toEqual([]);
});
