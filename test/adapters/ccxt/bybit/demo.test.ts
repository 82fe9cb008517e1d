/** A demo account of Bybit: the same trading, without the endpoints that tell of keys, fees and coins. */
import { afterEach, expect, test } from 'vitest';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '../../../../src/cli/main.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';

const ENV = { HEDGEROW_MAIN_API_KEY: 'test-key', HEDGEROW_MAIN_SECRET: 'test-secret' };
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

test('the doctor passes it with a warning for each thing that it does not tell', async () => {
  const rig = await startBybitRig({ isDemo: true, account: { leverage: '6' } });
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-demo-'));
  opened.push(rig, { close: () => rmSync(folder, { recursive: true }) });
  const file = join(folder, 'plan.yaml');
  writeFileSync(
    file,
    `version: 1\nname: btc\nsymbol: BTC/USDT:USDT\nleverage: 3\nunit: { percent: 1% }\nexchange:\n  id: bybit\n  demo: true\n  urls: { rest: "http://${rig.listener.address}", stream: "ws://${rig.listener.address}" }\nwallets:\n  hedge: { capital: 5000 }\n`,
  );
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (data) => (text += String(data)));
  const exitCode = await runCli(['doctor', file, '--json', '--data', join(folder, 'data')], { stdin: new PassThrough(), stdout: stdout as never, stderr: new PassThrough() as never, env: ENV });
  const { findings } = (JSON.parse(text) as { strategies: [{ findings: { check: string; status: string; text: string }[] }] }).strategies[0];
  expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(findings.filter(({ status }) => status === 'warn').map(({ check }) => check)).toEqual(['key-permissions', 'withdrawals', 'ip-restriction', 'fees']);
  expect(findings.find(({ check }) => check === 'fees')?.text).toContain('taker 0.055%');
  expect(exitCode).toBe(0);
});
