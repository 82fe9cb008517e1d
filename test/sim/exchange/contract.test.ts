/** The exchange contract over the simulated exchange, with the abilities of the exchanges whose part it plays. */
import type { PositionMode } from '../../../src/domain/strategy.ts';
import type { ExchangeCapabilities } from '../../../src/ports/exchange.ts';
import { DEFAULT_CAPABILITIES } from '../../../src/sim/exchange/config.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import { exchangeContract } from '../../contract/exchange.ts';
import { CONTRACT_ACCOUNT, CONTRACT_MARKET } from '../../contract/exchange-desk.ts';
import type { ExchangeHarness, PriceMove } from '../../contract/exchange-desk.ts';

const START_AT = 1_760_000_000_000;
const MINUTE_MS = 60_000;
const ACCOUNT = 'main';

async function start(capabilities: Partial<ExchangeCapabilities>, market: SimulatedMarket, positionMode: PositionMode): Promise<ExchangeHarness> {
  const { symbol } = market;
  const otherSymbol = symbol.replace('BTC', 'ETH');
  let lateMs = 0;
  const behind = new SimulatedExchange({
    markets: [market, { ...market, symbol: otherSymbol }],
    accounts: [{ account: ACCOUNT, positionMode, ...CONTRACT_ACCOUNT }],
    capabilities,
    deliver: () => ({ requestMs: lateMs, responseMs: 0, applied: 1, answer: null }),
    startAt: START_AT,
  });
  behind.tick({ symbol: otherSymbol, at: START_AT, last: '1000', mark: '1000', index: '1000' });
  const incident = async (type: 'silence' | 'rate-limit', during: () => Promise<void>): Promise<void> => {
    const window = { from: behind.now(), until: behind.now() + MINUTE_MS };
    behind.beginIncident(type === 'silence' ? { type, of: 'all', tellsGap: true, ...window } : { type, retryAfterMs: 1_000, ...window });
    await during();
    behind.advanceTo(window.until);
  };
  return {
    exchange: behind,
    account: ACCOUNT,
    symbol,
    instrument: market,
    behind,
    tick: async ({ last, mark = last, index = mark, fundingRate }: PriceMove) => behind.tick({ symbol, at: behind.now() + 1_000, last, mark, index, ...(fundingRate !== undefined && { fundingRate }) }),
    addHistory: (bars) => behind.keepCandles(symbol, MINUTE_MS, bars),
    withoutStreams: (during) => incident('silence', during),
    rateLimited: (during) => incident('rate-limit', during),
    late: async (ms, send) => {
      lateMs = ms;
      const answer = send();
      lateMs = 0;
      behind.advanceTo(behind.now() + ms);
      return answer;
    },
    otherSymbol,
    patienceMs: 0,
    end: async () => {},
  };
}

function contractOf(name: string, capabilities: Partial<ExchangeCapabilities>, market: SimulatedMarket): void {
  exchangeContract(`the simulated exchange ${name}`, { capabilities: { ...DEFAULT_CAPABILITIES, ...capabilities }, start: (mode) => start(capabilities, market, mode) });
}

const MARKET: SimulatedMarket = { symbol: 'BTC/USDT:USDT', ...CONTRACT_MARKET };

contractOf('as it is', {}, MARKET);

contractOf('like Binance USDⓈ-M: nothing is amended, reduce-only is no word of hedge mode', { amendsConditional: false, reduceOnlyInHedgeMode: false, triggerSources: ['last', 'mark'] }, MARKET);

contractOf('like Bybit: amends, takes ten conditional orders', { amendsConditional: true, reduceOnlyInHedgeMode: true, maxConditionalPerSymbol: 10 }, MARKET);

contractOf(
  'like Hyperliquid: one net position, the mark price, five significant figures, ids of 128 bits',
  { amendsConditional: false, triggerSources: ['mark'], clientOrderIdForm: 'hex128', positionModes: ['one-way'] },
  { ...MARKET, symbol: 'BTC/USDC:USDC', tickSize: '0.001', significantFigures: 5 },
);
