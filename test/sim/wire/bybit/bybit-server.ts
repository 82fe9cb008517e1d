/** A Bybit server of the simulated exchange on this machine, and ccxt's own client pointed at it. */
import type { pro } from 'ccxt';
import { WireListener } from '../../../../src/adapters/wire/wire-listener.ts';
import { loadCcxtClass } from '../../../../src/adapters/ccxt/load-exchange.ts';
import type { PositionMode } from '../../../../src/domain/strategy.ts';
import type { SimulatedExchangeConfig, SimulatedMarket } from '../../../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../../../src/sim/exchange/simulated-exchange.ts';
import { BYBIT_RULES, BybitProtocol } from '../../../../src/sim/wire/bybit/bybit-protocol.ts';
import { WireWorld } from '../../../../src/sim/wire/wire-world.ts';
import type { WireAccount } from '../../../../src/sim/wire/wire-world.ts';

export const SYMBOL = 'BTC/USDT:USDT';
export const ACCOUNT: WireAccount = { account: 'main', apiKey: 'KEYKEYKEYKEYKEYKEY', secret: 'SECRETSECRETSECRETSECRETSECRETSECRET' };

export const MARKET: SimulatedMarket = { symbol: SYMBOL, tickSize: '0.1', amountStep: '0.001', minAmount: '0.001', minCost: '5', takerFee: '0.00055', makerFee: '0.0002', maxLeverage: '100' };

export interface BybitServer {
  readonly exchange: SimulatedExchange;
  readonly world: WireWorld;
  readonly listener: WireListener;
  readonly protocol: BybitProtocol;
  /** Moves the server's clock, ms. */
  skip(ms: number): void;
  /** A new price a moment later. */
  price(last: string, mark?: string, index?: string, fundingRate?: string): void;
  /** Bodies of the POSTs so far, with their paths. */
  posts(): readonly { readonly path: string; readonly body: unknown }[];
}

export async function startBybit(
  options: { readonly positionMode?: PositionMode; readonly markets?: readonly SimulatedMarket[]; readonly account?: WireAccount; readonly deposit?: string; readonly config?: Partial<SimulatedExchangeConfig> } = {},
): Promise<BybitServer> {
  const { positionMode = 'hedge', markets = [MARKET], account = ACCOUNT, deposit = '100000', config = {} } = options;
  let skipped = 0;
  const now = (): number => Date.now() + skipped;
  const exchange = new SimulatedExchange({
    markets,
    accounts: [{ account: account.account, deposit, positionMode, leverage: '10' }],
    startAt: now(),
    ...config,
    capabilities: { ...BYBIT_RULES, requestDeadlineMs: 0, ...config.capabilities },
  });
  const world = new WireWorld({ exchange, markets, accounts: [account], now });
  const protocol = new BybitProtocol(world);
  const listener = new WireListener({ protocol, now });
  await listener.start();
  return {
    exchange,
    world,
    protocol,
    listener,
    skip: (ms) => {
      skipped += ms;
      world.advance();
    },
    price: (last, mark, index, fundingRate) => {
      skipped += 1;
      world.tick(SYMBOL, last, mark, index, fundingRate);
    },
    posts: () => listener.requests.filter(({ method }) => method === 'POST').map(({ path, body }) => ({ path, body: JSON.parse(body) as unknown })),
  };
}

/** ccxt.pro's own client, unchanged, with floats as it has them. */
export async function ccxtClient(server: BybitServer, { apiKey, secret }: Pick<WireAccount, 'apiKey' | 'secret'> = ACCOUNT): Promise<InstanceType<(typeof pro)['bybit']>> {
  const Class = await loadCcxtClass('bybit', 'pro');
  const client = new Class({ apiKey, secret, enableRateLimit: false, options: { fetchMarkets: { types: ['linear'] } } });
  const toServer = (urls: unknown): unknown =>
    typeof urls === 'string'
      ? urls.replace(/^http(?:s?):\/\/[^/]+/, `http://${server.listener.address}`).replace(/^wss?:\/\/[^/]+/, `ws://${server.listener.address}`)
      : Object.fromEntries(Object.entries(urls as Record<string, unknown>).map(([key, value]) => [key, toServer(value)]));
  (client.urls as { api: unknown }).api = toServer(client.urls['api']);
  await client.loadHttpProxyAgent();
  return client;
}

/** Resolves when the server has acknowledged this many subscriptions of the client; call it before they begin. */
export function acknowledged(client: Awaited<ReturnType<typeof ccxtClient>>, count: number): Promise<void> {
  const streaming = client as unknown as { handleMessage: (connection: unknown, message: { op?: string }) => unknown };
  const toCcxt = streaming.handleMessage.bind(client);
  let seen = 0;
  return new Promise((resolve) => {
    streaming.handleMessage = (connection, message) => {
      if (message.op === 'subscribe') seen += 1;
      if (seen === count) resolve();
      return toCcxt(connection, message);
    };
  });
}
