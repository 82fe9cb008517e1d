/** The exchange contract over ccxt and Binance's wire server. */
import { capabilitiesOf } from '../../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import { exchangeContract } from '../../../contract/exchange.ts';
import { CONTRACT_ACCOUNT, CONTRACT_MARKET } from '../../../contract/exchange-desk.ts';
import { BTC, ETH } from '../../../sim/exchange/world.ts';
import { startBinance } from '../../../sim/wire/binanceusdm/binance-rig.ts';
import { wireHarness } from '../wire-harness.ts';

// The share of the cap depends on the number of symbols.
const { maxConditionalPerSymbol: _, ...capabilities } = capabilitiesOf('binanceusdm');

exchangeContract('ccxt on Binance USDⓈ-M', {
  capabilities: { ...capabilities, maxConditionalPerSymbol: 200 },
  lacks: { 'memory of closed ids': 'newClientOrderId and clientAlgoId have to be unique among open orders only' },
  hasLine: true,
  start: async (positionMode) => {
    const rig = await startBinance({ account: { positionMode, ...CONTRACT_ACCOUNT }, markets: [BTC, ETH].map((symbol) => ({ symbol, ...CONTRACT_MARKET })), prices: { [BTC]: '10000', [ETH]: '1000' }, weightLimit: 1e9 });
    return wireHarness(rig, { exchangeId: 'binanceusdm', symbols: [BTC] });
  },
});
