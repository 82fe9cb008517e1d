/** `hedgerow doctor` on the exchanges that take no real money: everything else is looked at all the same, and each reason is a line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { WireListener } from '../../src/adapters/wire/wire-listener.ts';
import { runCli } from '../../src/cli/main.ts';
import { EXCHANGE_RULES } from '../../src/domain/exchange-rules.ts';
import type { Json } from '../../src/domain/json.ts';
import { BITGET_ANSWERS, SETTINGS, ok as bitgetOk } from '../adapters/ccxt/bitget-answers.ts';
import { CANARY, CapturingProtocol } from '../adapters/ccxt/captured-exchange.ts';
import type { Answers } from '../adapters/ccxt/captured-exchange.ts';
import { BTC as GATE_BTC, GATE_ANSWERS } from '../adapters/ccxt/gate-answers.ts';
import { OKX_ANSWERS, ok as okxOk } from '../adapters/ccxt/okx-answers.ts';

const now = (): string => String(Date.now());
const ENV = { HEDGEROW_MAIN_API_KEY: CANARY.apiKey, HEDGEROW_MAIN_SECRET: CANARY.secret, HEDGEROW_MAIN_PASSWORD: CANARY.password };

/** Of a healthy account: flat, in hedge mode, with six-fold leverage and enough money. */
const HEALTHY: Readonly<Record<'okx' | 'bitget' | 'gate', Answers>> = {
  okx: {
    ...OKX_ANSWERS,
    'GET /api/v5/market/ticker': () => okxOk({ instId: 'BTC-USDT-SWAP', last: '60000', ts: now() }),
    'GET /api/v5/public/mark-price': () => okxOk({ instId: 'BTC-USDT-SWAP', markPx: '60000', ts: now() }),
    'GET /api/v5/market/index-tickers': () => okxOk({ instId: 'BTC-USDT', idxPx: '60000', ts: now() }),
    'GET /api/v5/public/funding-rate': okxOk({ fundingRate: '0.0001', fundingTime: '1724745600000', nextFundingTime: '1724774400000' }),
    'GET /api/v5/account/config': okxOk({ posMode: 'long_short_mode', acctLv: '2', perm: 'read_only,trade', ip: '1.2.3.4' }),
    'GET /api/v5/account/leverage-info': okxOk({ instId: 'BTC-USDT-SWAP', lever: '6', mgnMode: 'cross' }),
    'GET /api/v5/account/trade-fee': okxOk({ takerU: '-0.0005', makerU: '-0.0002' }),
    'GET /api/v5/account/positions': okxOk(),
    'GET /api/v5/account/balance': okxOk({ details: [{ ccy: 'USDT', cashBal: '100000', eq: '100000', availEq: '100000', mmr: '0' }] }),
    'GET /api/v5/trade/orders-pending': okxOk(),
    'GET /api/v5/trade/orders-algo-pending': okxOk(),
  },
  bitget: {
    ...BITGET_ANSWERS,
    'GET /api/v2/mix/market/ticker': () => bitgetOk([{ symbol: 'BTCUSDT', lastPr: '60000', markPrice: '60000', indexPrice: '60000', fundingRate: '0.0001', ts: now() }]),
    'GET /api/v2/mix/market/funding-time': bitgetOk([{ symbol: 'BTCUSDT', ratePeriod: '8' }]),
    'GET /api/v2/mix/account/account': bitgetOk({ ...SETTINGS, posMode: 'hedge_mode', crossedMarginLeverage: '6' } as Json),
    'GET /api/v2/mix/account/accounts': bitgetOk([{ marginCoin: 'USDT', accountEquity: '100000', crossedMaxAvailable: '100000', crossedRiskRate: '0', assetMode: 'single' }]),
    'GET /api/v2/mix/position/all-position': bitgetOk([]),
    'GET /api/v2/common/trade-rate': bitgetOk({ makerFeeRate: '0.0002', takerFeeRate: '0.0006' }),
    'GET /api/v2/spot/account/info': bitgetOk({ ips: '1.2.3.4', authorities: ['coow', 'cpow'] }),
  },
  gate: {
    ...GATE_ANSWERS,
    'GET /api/v4/futures/usdt/contracts/BTC_USDT': GATE_BTC,
    'GET /api/v4/futures/usdt/tickers': [{ contract: 'BTC_USDT', last: '60000', mark_price: '60000', index_price: '60000' }],
    'GET /api/v4/futures/usdt/accounts': { total: '100000', unrealised_pnl: '0', available: '100000', maintenance_margin: '0', position_mode: 'dual', margin_mode: 0 },
    'GET /api/v4/futures/usdt/positions': [],
    'GET /api/v4/futures/usdt/dual_comp/positions/BTC_USDT': [{ contract: 'BTC_USDT', leverage: '0', cross_leverage_limit: '6' }],
    'GET /api/v4/futures/usdt/fee': { BTC_USDT: { taker_fee: '0.0005', maker_fee: '0.0002' } },
  },
};

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

describe.each(Object.keys(HEALTHY) as (keyof typeof HEALTHY)[])('%s', (id) => {
  test('fails for what its documents leave open alone, sends nothing that changes anything, and tells no key', async () => {
    const protocol = new CapturingProtocol(HEALTHY[id]);
    const listener = new WireListener({ protocol });
    await listener.start();
    const folder = mkdtempSync(join(tmpdir(), 'hedgerow-doctor-'));
    opened.push(listener, { close: () => rmSync(folder, { recursive: true }) });
    const file = join(folder, 'plan.yaml');
    writeFileSync(file, `version: 1\nname: btc\nsymbol: BTC/USDT:USDT\nleverage: 3\nunit: { percent: 1% }\nexchange:\n  id: ${id}\n  urls: { rest: "http://${listener.address}", stream: "ws://${listener.address}" }\nwallets:\n  hedge: { capital: 5000 }\n`);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const texts = { stdout: '', stderr: '' };
    stdout.on('data', (data) => (texts.stdout += String(data)));
    stderr.on('data', (data) => (texts.stderr += String(data)));
    const exitCode = await runCli(['doctor', file, '--json', '--data', join(folder, 'data')], { stdin: new PassThrough(), stdout: stdout as never, stderr: stderr as never, env: ENV });
    const { findings = [] } = (JSON.parse(texts.stdout) as { strategies: { findings: { check: string; status: string; text: string; remedy: string | null }[] }[] }).strategies[0] ?? {};
    expect(findings.filter(({ status }) => status === 'fail')).toEqual(
      EXCHANGE_RULES[id].missingForLive.map((gap) => expect.objectContaining({ check: 'live-trading', text: `${id}: ${gap}`, remedy: 'trade it on paper only' }) as unknown),
    );
    for (const check of ['credentials', 'clock', 'market', 'position-mode', 'margin-mode', 'leverage', 'fees', 'funding', 'balance', 'foreign-orders']) {
      expect(findings.find((each) => each.check === check), check).toMatchObject({ status: 'pass' });
    }
    expect(exitCode).toBe(1);
    expect(protocol.sent.map(({ route }) => route).filter((route) => !route.startsWith('GET '))).toEqual([]);
    for (const secret of Object.values(CANARY)) expect(`${texts.stdout}${texts.stderr}`).not.toContain(secret);
  });
});
