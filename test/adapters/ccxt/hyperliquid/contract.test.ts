/** The exchange contract over ccxt and Hyperliquid's wire server, through an agent's key. */
import { capabilitiesOf } from '../../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import type { ManualOrder } from '../../../../src/sim/exchange/other-actors.ts';
import type { SimulatedExchange } from '../../../../src/sim/exchange/simulated-exchange.ts';
import { hyperliquidMarket } from '../../../../src/sim/wire/hyperliquid/assets.ts';
import { HyperliquidProtocol } from '../../../../src/sim/wire/hyperliquid/hyperliquid-protocol.ts';
import { exchangeContract } from '../../../contract/exchange.ts';
import { CONTRACT_ACCOUNT, CONTRACT_MARKET } from '../../../contract/exchange-desk.ts';
import { ACCOUNTS, BTC, CREDENTIALS } from '../../../sim/wire/hyperliquid/hyperliquid-server.ts';
import { WireRig } from '../../../sim/wire/wire-rig.ts';
import { wireHarness } from '../wire-harness.ts';

const ETH = 'ETH/USDC:USDC';
// The share of the cap depends on the number of symbols.
const { maxConditionalPerSymbol: _, ...capabilities } = capabilitiesOf('hyperliquid');

exchangeContract('ccxt on Hyperliquid', {
  capabilities: { ...capabilities, maxConditionalPerSymbol: 1_000 },
  // Undocumented texts prove nothing: what they refuse is unknown and looked up.
  refusals: { MAX_OPEN_ORDERS: null, MAX_CONDITIONAL_ORDERS: null, MARKET_HALTED: null },
  hasLine: true,
  start: async (positionMode) => {
    const rig = await WireRig.start({
      protocol: (world) => new HyperliquidProtocol({ world }),
      account: { positionMode, currency: 'USDC', ...CONTRACT_ACCOUNT },
      ...(ACCOUNTS[0] !== undefined && { access: ACCOUNTS[0] }),
      markets: [BTC, ETH].map((symbol) => hyperliquidMarket({ symbol, ...CONTRACT_MARKET })),
      prices: { [BTC]: '10000', [ETH]: '1000' },
    });
    othersHaveCloids(rig.exchange);
    return wireHarness(rig, { exchangeId: 'hyperliquid', symbols: [BTC], credentials: CREDENTIALS.main });
  },
});

/** Here an id is 128 bits or none: what others place in the tests has one. */
function othersHaveCloids({ others }: SimulatedExchange): void {
  const place = others.place.bind(others);
  let ids = 0;
  others.place = (order: ManualOrder) => {
    ids += 1;
    return place({ clientOrderId: `0xffff${ids.toString(16).padStart(28, '0')}`, ...order });
  };
}
