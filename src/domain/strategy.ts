/**
 * A strategy as the rest of the house sees it: fully resolved, every default filled in, money as exact decimal strings.
 * The file format itself (names, defaults, errors) lives in adapters/yaml.
 */
import type { DecimalString } from './decimal.ts';
import type { Json } from './json.ts';

export const EXCHANGE_IDS = ['simulated', 'binanceusdm', 'bybit', 'hyperliquid', 'okx', 'bitget', 'gate'] as const;
export type ExchangeId = (typeof EXCHANGE_IDS)[number];

export type PositionMode = 'hedge' | 'one-way';
export type MarginMode = 'cross' | 'isolated';
export type TriggerSource = 'last' | 'mark' | 'index';
export type Spacing = 'arithmetic' | 'geometric';
export type WalletName = 'long' | 'hedge';
/** `fragments` is the long wallet's cycle; the hedge wallet has `rotation` or `scaling`. */
export type CycleKind = 'fragments' | 'rotation' | 'scaling';

/** A share as an exact ratio: `numerator / denominator`. Equal fragments are 1/N, `12.5%` is 12.5/100. */
export interface Weight {
  readonly numerator: DecimalString;
  readonly denominator: DecimalString;
}

export type UnitSpec =
  | { readonly type: 'price'; readonly price: DecimalString }
  | { readonly type: 'percent'; readonly fraction: DecimalString }
  | { readonly type: 'margin'; readonly fraction: DecimalString }
  | { readonly type: 'atr'; readonly length: number; readonly timeframe: string; readonly multiple: DecimalString };

/** What the exchange fixes for a symbol. Prices and amounts in quote and base units, fees as fractions. */
export interface Instrument {
  readonly symbol: string;
  /** Finest step between two prices. */
  readonly tickSize: DecimalString;
  /** Most significant figures of a price that is no whole number; absent or null: `tickSize` is the step at every price. */
  readonly significantFigures?: number | null;
  readonly amountStep: DecimalString;
  readonly minAmount: DecimalString;
  readonly minCost: DecimalString;
  readonly takerFee: DecimalString;
  readonly makerFee: DecimalString;
}

export const ROLES = ['stop-loss', 'stop-entry-short', 'cover', 'flip-short', 'flip-long', 'stop-entry-long'] as const;
/** Roles of the declared windows. */
export type Role = (typeof ROLES)[number];

export type OnGap = 'market' | 'skip';

export interface WindowSpec {
  readonly order: 'stop-market' | 'stop-limit';
  /** Fraction of the trigger price the limit lies beyond it; null for stop-market. */
  readonly limitOffset: DecimalString | null;
  readonly triggerBy: TriggerSource;
  readonly onGap: OnGap;
  /** How many rungs of this role rest at once, the nearest first. */
  readonly resting: number;
}

export interface WalletSpec {
  readonly name: WalletName;
  readonly capital: DecimalString;
  readonly cycle: CycleKind;
  readonly weights: readonly Weight[];
  readonly confirmation: number;
  readonly account: string;
}

export const RISK_LIMITS = ['maxDrawdown', 'maxNotional', 'maxShortExposure', 'maxMarginRatio', 'maxDailyLoss'] as const;
export type RiskLimitName = (typeof RISK_LIMITS)[number];
export type RiskAction = 'pause' | 'halt' | 'flatten';

export interface RiskLimit {
  readonly name: RiskLimitName;
  /** A fraction (maxDrawdown, maxMarginRatio, maxDailyLoss when written with %) or an amount of quote currency. */
  readonly limit: DecimalString;
  readonly unit: 'fraction' | 'quote';
  readonly action: RiskAction;
}

export interface ResetSpec {
  readonly policy: 'independent' | 'joint';
  /** Re-anchor after this many units of uninterrupted advance; null: never. */
  readonly onAdvance: number | null;
}

export const ENVIRONMENTS = ['production', 'sandbox', 'demo'] as const;
/** `sandbox`: the exchange's test network; `demo`: paper money beside its real markets. Which of them there are: exchange-rules.ts. */
export type Environment = (typeof ENVIRONMENTS)[number];

export const REST_PROXIES = ['httpProxy', 'httpsProxy', 'socksProxy'] as const;
export const STREAM_PROXIES = ['wssProxy', 'wsSocksProxy'] as const;
/** As ccxt names them: the first three carry requests, the others streams; at most one of each. */
export type ProxySetting = (typeof REST_PROXIES)[number] | (typeof STREAM_PROXIES)[number];

/** How a real exchange is reached. It never holds a credential: those come from the environment or a file of their own. */
export interface ConnectionSpec {
  readonly environment: Environment;
  /** Origins (`https://host:port`) in the place of the exchange's own; null: its own. */
  readonly restUrl: string | null;
  readonly streamUrl: string | null;
  /** Only those that are set. */
  readonly proxies: Readonly<Partial<Record<ProxySetting, string>>>;
  /** Handed to ccxt as its `options`. */
  readonly options: Readonly<Record<string, Json>>;
}

export interface Strategy {
  readonly version: 1;
  readonly name: string;
  readonly symbol: string;
  readonly exchange: {
    readonly id: ExchangeId;
    readonly account: string;
    readonly positionMode: PositionMode;
    readonly marginMode: MarginMode;
    readonly triggerBy: TriggerSource;
    /** Only with id `simulated`: the limits and fees of its market, and its slippage as a fraction of the price. */
    readonly market: (Omit<Instrument, 'symbol'> & { readonly slippage: DecimalString }) | null;
    /** Null with id `simulated`, which needs none. */
    readonly connection: ConnectionSpec | null;
  };
  readonly leverage: DecimalString;
  readonly unit: UnitSpec;
  readonly spacing: Spacing;
  readonly reset: ResetSpec;
  /** Fraction of the target below which a reset leaves the position as it is. */
  readonly rebalanceThreshold: DecimalString;
  /** In file order. */
  readonly wallets: readonly WalletSpec[];
  readonly windows: Readonly<Record<Role, WindowSpec>>;
  readonly risk: readonly RiskLimit[];
}
