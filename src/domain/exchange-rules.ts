/**
 * What each exchange fixes for every account and symbol, known without asking it: `check` holds a strategy file against it. Sources: the
 * exchanges' API documents and ccxt 4.5.84 driven against a local server. What depends on an account is asked by `doctor`.
 */
import type { Environment, ExchangeId, PositionMode, TriggerSource } from './strategy.ts';

export interface ExchangeRules {
  /** The first one is the default of a strategy file. */
  readonly positionModes: readonly [PositionMode, ...PositionMode[]];
  /** What conditional orders can be triggered by. */
  readonly triggerSources: readonly TriggerSource[];
  /** Currencies its linear swaps are settled in. */
  readonly settles: readonly string[];
  /** Besides production. */
  readonly environments: readonly Exclude<Environment, 'production'>[];
  /** What live trading needs and cannot have here, and what that would risk. Not empty: live trading is refused, paper trading works. */
  readonly missingForLive: readonly string[];
}

export type RealExchangeId = Exclude<ExchangeId, 'simulated'>;

const BOTH_MODES = ['hedge', 'one-way'] as const;
const DOCUMENTS_ONLY = 'what it answers is known from documents only, not from a server that keeps a ledger: an answer that reads otherwise could leave an order unseen';

export const EXCHANGE_RULES: Readonly<Record<RealExchangeId, ExchangeRules>> = {
  binanceusdm: {
    positionModes: BOTH_MODES,
    triggerSources: ['last', 'mark'],
    settles: ['USDT', 'USDC'],
    environments: ['demo'],
    missingForLive: [],
  },
  bybit: {
    positionModes: BOTH_MODES,
    triggerSources: ['last', 'mark', 'index'],
    settles: ['USDT', 'USDC'],
    environments: ['sandbox', 'demo'],
    missingForLive: [],
  },
  hyperliquid: {
    positionModes: ['one-way'],
    triggerSources: ['mark'],
    settles: ['USDC'],
    environments: ['sandbox'],
    missingForLive: [],
  },
  okx: {
    positionModes: BOTH_MODES,
    triggerSources: ['last', 'mark', 'index'],
    settles: ['USDT', 'USDC'],
    environments: ['sandbox'],
    missingForLive: [
      'in long/short mode no document says that a stop-loss order may open a position, and trigger orders have no direction: one sent while the price passes it would wait for the way back',
      'margin is always cross: there is no margin mode of a symbol, every order names one, and an isolated position of the same leg would be counted beside ours',
      DOCUMENTS_ONLY,
    ],
  },
  bitget: {
    positionModes: BOTH_MODES,
    triggerSources: ['last', 'mark'],
    settles: ['USDT', 'USDC'],
    environments: ['sandbox', 'demo'],
    missingForLive: [
      'no document gives the trigger orders that open a position a direction: one sent while the price passes it might wait for the way back',
      'in one-way mode no document says whether a stop-loss order is listed with its own side or with that of its position: ours could be taken for a stranger\'s',
      DOCUMENTS_ONLY,
    ],
  },
  gate: {
    positionModes: BOTH_MODES,
    triggerSources: ['last', 'mark', 'index'],
    settles: ['USDT'],
    environments: ['sandbox'],
    missingForLive: [
      'a trigger order can neither be looked up nor cancelled by our own id, its text is documented as its source: one whose answer was lost could be placed twice, or left behind',
      DOCUMENTS_ONLY,
    ],
  },
};
