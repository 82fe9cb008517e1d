/** A Hyperliquid server of two sub-accounts and a master for tests, and ccxt's real clients pointed at it. */
import { WireListener } from '../../../../src/adapters/wire/wire-listener.ts';
import { PLAIN_CONNECTION } from '../../../../src/adapters/ccxt/ccxt-clients.ts';
import type { Connection, Credentials } from '../../../../src/adapters/ccxt/ccxt-clients.ts';
import { loadCcxtClass } from '../../../../src/adapters/ccxt/load-exchange.ts';
import type { CcxtClient } from '../../../../src/adapters/ccxt/load-exchange.ts';
import type { Log } from '../../../../src/ports/log.ts';
import type { SimulatedExchangeConfig, SimulatedMarket } from '../../../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../../../src/sim/exchange/simulated-exchange.ts';
import { HyperliquidProtocol } from '../../../../src/sim/wire/hyperliquid/hyperliquid-protocol.ts';
import { hyperliquidMarket } from '../../../../src/sim/wire/hyperliquid/assets.ts';
import { addressOf } from '../../../../src/sim/wire/hyperliquid/l1-signature.ts';
import { WireWorld } from '../../../../src/sim/wire/wire-world.ts';
import type { WireAccount } from '../../../../src/sim/wire/wire-world.ts';

export const BTC = 'BTC/USDC:USDC';
export const SOL = 'SOL/USDC:USDC';
export const MARKETS: readonly SimulatedMarket[] = [
  { symbol: BTC, amountStep: '0.00001', minAmount: '0.00001', maxLeverage: '40' },
  { symbol: SOL, amountStep: '0.01', minAmount: '0.01', maxLeverage: '20' },
].map((market) => hyperliquidMarket({ ...market, tickSize: '1', minCost: '0', takerFee: '0', makerFee: '0' }));

const key = (digit: string): string => `0x${digit.repeat(64)}`;
/** The owner's own key, an agent's, and keys of agents for the two sub-accounts. */
export const OWNER_KEY = key('1');
export const AGENT_KEY = key('2');
export const SUB_KEYS = { long: key('3'), hedge: key('4') } as const;
export const STRANGER_KEY = key('5');
export const SUB_ADDRESSES = { long: '0x000000000000000000000000000000000000a001', hedge: '0x000000000000000000000000000000000000a002' } as const;

export const ACCOUNTS: readonly WireAccount[] = [
  { account: 'main', apiKey: '', secret: '', walletAddress: addressOf(OWNER_KEY), privateKey: OWNER_KEY, agents: [addressOf(AGENT_KEY)] },
  { account: 'long', apiKey: '', secret: '', walletAddress: SUB_ADDRESSES.long, privateKey: SUB_KEYS.long },
  { account: 'hedge', apiKey: '', secret: '', walletAddress: SUB_ADDRESSES.hedge, privateKey: SUB_KEYS.hedge },
];

export interface Server {
  readonly exchange: SimulatedExchange;
  readonly world: WireWorld;
  readonly protocol: HyperliquidProtocol;
  readonly listener: WireListener;
  /** Added to this machine's clock, ms. */
  skewMs: number;
}

export async function startServer({ deposit = '100000', ...options }: Partial<SimulatedExchangeConfig> & { deposit?: string } = {}): Promise<Server> {
  const server: { skewMs: number } = { skewMs: 0 };
  const now = (): number => Date.now() + server.skewMs;
  const markets = options.markets ?? MARKETS;
  const exchange = new SimulatedExchange({
    accounts: ['main', 'long', 'hedge'].map((account) => ({ account, deposit, positionMode: 'one-way', leverage: '10', currency: 'USDC' })),
    capabilities: { exchangeId: 'hyperliquid', amendsConditional: false, triggerSources: ['mark'], clientOrderIdForm: 'hex128', requestDeadlineMs: 0 },
    startAt: Date.now(),
    ...options,
    markets,
  });
  const world = new WireWorld({ exchange, markets, accounts: ACCOUNTS, now });
  const protocol = new HyperliquidProtocol({ world, masterOf: { long: 'main', hedge: 'main' } });
  const listener = new WireListener({ protocol, now });
  await listener.start();
  return Object.assign(server, { exchange, world, protocol, listener });
}

export type Client = CcxtClient<'hyperliquid', 'pro'>;

/** ccxt's client for an account, signing with `privateKey`; it never asks for a builder fee. */
export async function clientOf({ listener }: Server, walletAddress: string, privateKey: string, options: Record<string, unknown> = {}): Promise<Client> {
  const Class = await loadCcxtClass('hyperliquid', 'pro');
  const client = new Class({ walletAddress, privateKey, enableRateLimit: false, options: { fetchMarkets: { types: ['swap'] }, ...options } });
  client.initializeClient = async () => true;
  pointAt(client, listener.address);
  await client.loadHttpProxyAgent();
  return client;
}

function pointAt(client: Client, address: string): void {
  client.urls['api'] = { public: `http://${address}`, private: `http://${address}`, ws: { public: `ws://${address}/ws` } };
}

export function owner(server: Server): Promise<Client> {
  return clientOf(server, addressOf(OWNER_KEY), OWNER_KEY);
}

/** An id of ours: 0x and 32 hex digits. */
export function cloid(number: number): string {
  return `0x${number.toString(16).padStart(32, '0')}`;
}

/** How hedgerow is told of this server. */
export function connectionOf({ listener }: Server): Connection {
  return { ...PLAIN_CONNECTION, restUrl: `http://${listener.address}`, streamUrl: `ws://${listener.address}` };
}

/** The owner's account through an agent, and each sub-account through an agent of its own. */
export const CREDENTIALS: Readonly<Record<'main' | 'long' | 'hedge', Credentials>> = {
  main: { walletAddress: addressOf(OWNER_KEY), privateKey: AGENT_KEY },
  long: { walletAddress: addressOf(OWNER_KEY), privateKey: SUB_KEYS.long, vaultAddress: SUB_ADDRESSES.long },
  hedge: { walletAddress: addressOf(OWNER_KEY), privateKey: SUB_KEYS.hedge, vaultAddress: SUB_ADDRESSES.hedge },
};

export const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };
