/** The exchanges `hedgerow exchange` can be: a protocol each, its means of access, and how a client is pointed at it. */
import { createHash } from 'node:crypto';
import type { PositionMode } from '../../domain/strategy.ts';
import type { WireProtocol } from '../../ports/wire.ts';
import type { ExchangeCapabilities } from '../../ports/exchange.ts';
import type { SimulatedMarket } from '../../sim/exchange/config.ts';
import { BinanceProtocol } from '../../sim/wire/binanceusdm/binance-protocol.ts';
import { BybitLimits } from '../../sim/wire/bybit/bybit-limits.ts';
import { BYBIT_RULES, BybitProtocol } from '../../sim/wire/bybit/bybit-protocol.ts';
import { HyperliquidProtocol } from '../../sim/wire/hyperliquid/hyperliquid-protocol.ts';
import { hyperliquidMarket } from '../../sim/wire/hyperliquid/assets.ts';
import { addressOf } from '../../sim/wire/hyperliquid/l1-signature.ts';
import type { WireAccount, WireWorld } from '../../sim/wire/wire-world.ts';

export interface WireServer {
  readonly id: string;
  /** What the simulated exchange behind it can do. */
  readonly capabilities: Partial<ExchangeCapabilities>;
  /** Default: both, and `hedge` unless asked otherwise. */
  readonly positionModes?: readonly [PositionMode, ...PositionMode[]];
  /** The exchange's own rules for a market of the playground. Default: as it comes. */
  market?(market: SimulatedMarket): SimulatedMarket;
  /** What its clients call a market of the playground. Default: the same. */
  symbol?(symbol: string): string;
  /** The account's currency. */
  readonly currency: string;
  protocol(world: WireWorld): WireProtocol;
  /** Completes the account with means of access of its own, such as an address. Default: key and secret are enough. */
  account?(account: WireAccount): WireAccount;
  /** What a user must know to use it, line by line; `address` is host:port. */
  access(address: string, account: WireAccount): readonly string[];
}

const BINANCEUSDM: WireServer = {
  id: 'binanceusdm',
  capabilities: { exchangeId: 'binanceusdm', amendsConditional: false, reduceOnlyInHedgeMode: false, triggerSources: ['last', 'mark'] },
  currency: 'USDT',
  protocol: (world) => new BinanceProtocol({ world }),
  access: (address, { apiKey, secret }) => [
    `REST    http://${address}/fapi/v1`,
    `streams ws://${address}/public/ws, /market/ws, /private/ws?listenKey=…`,
    `key     ${apiKey}`,
    `secret  ${secret}`,
  ],
};

const HYPERLIQUID: WireServer = {
  id: 'hyperliquid',
  capabilities: { exchangeId: 'hyperliquid', amendsConditional: false, triggerSources: ['mark'], clientOrderIdForm: 'hex128' },
  positionModes: ['one-way'],
  market: hyperliquidMarket,
  symbol: (symbol) => `${symbol.split('/', 1).join()}/USDC:USDC`,
  currency: 'USDC',
  protocol: (world) => new HyperliquidProtocol({ world }),
  // The account's own key could withdraw, which nobody should trade with: an agent's is handed out.
  account: ({ privateKey = '', ...account }) => ({ ...account, privateKey, walletAddress: addressOf(privateKey), agents: [addressOf(agentKeyOf(privateKey))] }),
  access: (address, { walletAddress, privateKey = '' }) => [
    `REST          http://${address}/info, /exchange`,
    `streams       ws://${address}/ws`,
    `walletAddress ${walletAddress}`,
    `privateKey    ${agentKeyOf(privateKey)} (an agent wallet's)`,
  ],
};

const BYBIT: WireServer = {
  id: 'bybit',
  capabilities: BYBIT_RULES,
  currency: 'USDT',
  protocol: (world) => new BybitProtocol(world, { limits: new BybitLimits() }),
  access: (address, { apiKey, secret }) => [`REST    http://${address}/v5`, `streams ws://${address}/v5/public/linear, /v5/private`, `key     ${apiKey}`, `secret  ${secret}`],
};

function agentKeyOf(privateKey: string): string {
  return `0x${createHash('sha256').update(`${privateKey} agent`).digest('hex')}`;
}

export const WIRE_SERVERS: readonly WireServer[] = [BINANCEUSDM, BYBIT, HYPERLIQUID];
