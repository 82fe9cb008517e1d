/** The exchange contract over ccxt and Bybit's wire server. */
import { capabilitiesOf } from '../../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import { exchangeContract } from '../../../contract/exchange.ts';
import { CONTRACT_ACCOUNT, CONTRACT_MARKET } from '../../../contract/exchange-desk.ts';
import { BTC, ETH } from '../../../sim/exchange/world.ts';
import { startBybitRig } from '../../../sim/wire/bybit/bybit-rig.ts';
import { wireHarness } from '../wire-harness.ts';

exchangeContract('ccxt on Bybit', {
  capabilities: capabilitiesOf('bybit'),
  // Bybit takes such an order and cancels it at once.
  refusals: { POST_ONLY_WOULD_TAKE: null },
  hasLine: true,
  start: async (positionMode) => {
    const rig = await startBybitRig({ account: { positionMode, ...CONTRACT_ACCOUNT }, markets: [BTC, ETH].map((symbol) => ({ symbol, ...CONTRACT_MARKET })), prices: { [BTC]: '10000', [ETH]: '1000' } });
    return wireHarness(rig, { exchangeId: 'bybit', symbols: [BTC] });
  },
});
