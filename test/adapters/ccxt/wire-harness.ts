/** The exchange contract's harness over the wire: the ccxt adapter on one side of a real connection, a wire server on the other. */
import { vi } from 'vitest';
import { openCcxtExchange } from '../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import { PLAIN_CONNECTION } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import type { Credentials } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import type { CcxtExchange } from '../../../src/adapters/ccxt/ccxt-exchange.ts';
import type { CcxtExchangeId } from '../../../src/adapters/ccxt/load-exchange.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { WireProtocol } from '../../../src/ports/wire.ts';
import type { ExchangeHarness, PriceMove } from '../../contract/exchange-desk.ts';
import { until } from '../../sim/wire/wire-rig.ts';
import type { WireRig } from '../../sim/wire/wire-rig.ts';

/** Polls of the contract must not wait for the real exchange's limits. */
const UNBOUNDED = { capacity: 1e9, windowMs: 60_000 };
const PATIENCE_MS = 5_000;
/** More than any fault delays an answer that comes. */
const IMPATIENT_MS = 700;
const QUIET: Log = { info: () => {}, warn: () => {}, error: () => {} };

export interface WireClientOptions {
  readonly exchangeId: CcxtExchangeId;
  readonly symbols: readonly string[];
  /** Default: the key and secret of the rig's account. */
  readonly credentials?: Credentials;
  readonly log?: Log;
  readonly deadlineMs?: number;
}

/** Streams are open. */
export async function openOverWire<P extends WireProtocol>(rig: WireRig<P>, options: WireClientOptions): Promise<CcxtExchange> {
  const exchange = await openQuietly(rig, options);
  exchange.start();
  return exchange;
}

/** Without streams. */
function openQuietly<P extends WireProtocol>(rig: WireRig<P>, { exchangeId, symbols, credentials, log = QUIET, deadlineMs }: WireClientOptions): Promise<CcxtExchange> {
  const [access] = rig.world.accounts;
  if (access === undefined) throw new Error('the rig has no account');
  const { account, apiKey, secret } = access;
  return openCcxtExchange({
    exchangeId,
    connection: { ...PLAIN_CONNECTION, restUrl: `http://${rig.listener.address}`, streamUrl: `ws://${rig.listener.address}` },
    credentials: new Map([[account, credentials ?? { apiKey, secret }]]),
    symbols,
    log,
    budget: UNBOUNDED,
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
}

export async function wireHarness<P extends WireProtocol>(rig: WireRig<P>, options: WireClientOptions): Promise<ExchangeHarness> {
  const exchange = await openOverWire(rig, options);
  const [symbol = ''] = options.symbols;
  const { sockets } = rig.listener;
  const account = rig.world.accounts[0]?.account ?? '';
  let impatient: Promise<CcxtExchange> | null = null;
  const otherSymbol = rig.world.markets.find((market) => market.symbol !== symbol)?.symbol;
  return {
    exchange,
    account,
    symbol,
    instrument: await rig.exchange.fetchInstrument(symbol),
    behind: rig.exchange,
    tick: async ({ last, mark = last, index = mark, fundingRate }: PriceMove) => rig.world.tick(symbol, last, mark, index, fundingRate),
    addHistory: (bars) => rig.world.record(symbol).addHistory(bars),
    withoutStreams: async (during) => {
      const before = sockets.list().length;
      sockets.refusesNew = true;
      sockets.closeAll(1001, 'going away');
      await until(() => sockets.list().length === 0);
      await during();
      sockets.refusesNew = false;
      await until(() => sockets.list().length >= before, PATIENCE_MS);
    },
    rateLimited: async (during) => {
      rig.listener.requestPolicy = () => ({ type: 'incident', incident: 'rate-limited', retryAfterMs: 1_000 });
      await during();
      rig.listener.requestPolicy = () => ({ type: 'none' });
    },
    faulty: async (fault, use) => {
      impatient ??= openQuietly(rig, { ...options, deadlineMs: IMPATIENT_MS });
      const exchange = await impatient;
      // It may still pause for the fault before.
      await vi.waitFor(() => exchange.fetchSnapshot(account), { timeout: PATIENCE_MS });
      rig.listener.requestPolicy = () => fault;
      try {
        return await use(exchange);
      } finally {
        rig.listener.requestPolicy = () => ({ type: 'none' });
      }
    },
    faultyStreams: async (fault, during) => {
      sockets.framePolicy = () => fault;
      await during();
      sockets.framePolicy = () => ({ type: 'none' });
    },
    // The server's clock runs ahead meanwhile: what carries the time of its sending is late.
    late: async (ms, send) => {
      rig.clockAheadMs += ms;
      try {
        return await send();
      } finally {
        await exchange.measureClock();
      }
    },
    ...(otherSymbol !== undefined && { otherSymbol }),
    patienceMs: PATIENCE_MS,
    end: async () => {
      await (await impatient)?.close();
      await exchange.close();
      await rig.close();
    },
  };
}
