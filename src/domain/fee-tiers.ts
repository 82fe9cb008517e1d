/**
 * Fees of linear perpetuals as the exchanges publish them, for backtests with other fees than a market's own. Rates change and differ by
 * region and contract: what an account really pays, `hedgerow doctor` reads. Only rates that were seen published are here, without discounts.
 */
import type { DecimalString } from './decimal.ts';
import type { ExchangeId } from './strategy.ts';

/** Fractions of the notional. */
export interface Fees {
  readonly takerFee: DecimalString;
  readonly makerFee: DecimalString;
}

interface FeeSchedule {
  readonly source: string;
  /** When the basic rate was last seen to hold; those of higher tiers are as the source's latest copy at hand has them. */
  readonly asOf: string;
  /** By the exchange's name of the tier; the first is everyone's. */
  readonly tiers: Readonly<Record<string, Fees>>;
}

function fees(takerFee: DecimalString, makerFee: DecimalString): Fees {
  return { takerFee, makerFee };
}

export const FEE_SCHEDULES: Readonly<Record<Exclude<ExchangeId, 'simulated'>, FeeSchedule>> = {
  binanceusdm: {
    source: 'binance.com/en/fee/futureFee, USDT-margined, without the BNB discount',
    asOf: '2026-10',
    tiers: {
      vip0: fees('0.0005', '0.0002'),
      vip1: fees('0.0004', '0.00016'),
      vip2: fees('0.00035', '0.00014'),
      vip3: fees('0.00032', '0.00012'),
      vip4: fees('0.0003', '0.0001'),
      vip5: fees('0.00027', '0.00008'),
      vip6: fees('0.00025', '0.00006'),
      vip7: fees('0.00022', '0.00004'),
      vip8: fees('0.0002', '0.00002'),
      vip9: fees('0.00017', '0'),
    },
  },
  bybit: {
    source: 'bybit.com/en/help-center/article/Trading-Fee-Structure, perpetual and futures contracts',
    asOf: '2026-10',
    tiers: {
      vip0: fees('0.00055', '0.0002'),
      vip1: fees('0.0004', '0.00018'),
      vip2: fees('0.000375', '0.00016'),
      vip3: fees('0.00035', '0.00014'),
      vip4: fees('0.00032', '0.00012'),
      vip5: fees('0.00032', '0.0001'),
      supreme: fees('0.0003', '0'),
    },
  },
  hyperliquid: {
    source: 'hyperliquid.gitbook.io/hyperliquid-docs/trading/fees, perps, without staking discounts',
    asOf: '2026-10',
    tiers: {
      tier0: fees('0.00045', '0.00015'),
      tier1: fees('0.0004', '0.00012'),
      tier2: fees('0.00035', '0.00008'),
      tier3: fees('0.0003', '0.00004'),
      tier4: fees('0.00028', '0'),
      tier5: fees('0.00026', '0'),
      tier6: fees('0.00024', '0'),
    },
  },
  okx: {
    source: 'okx.com/fees, regular users; the rates of its VIP tiers depend on the group of the contract',
    asOf: '2026-10',
    tiers: { regular: fees('0.0005', '0.0002') },
  },
  bitget: {
    source: 'bitget.com/support/articles/12560603810751, futures; tiers above were changed in 2025-07',
    asOf: '2024-06',
    tiers: {
      vip0: fees('0.0006', '0.0002'),
      vip1: fees('0.0006', '0.00019'),
      vip2: fees('0.0004', '0.00016'),
      vip3: fees('0.000375', '0.00014'),
      vip4: fees('0.00035', '0.00012'),
    },
  },
  gate: {
    source: 'gate.com/announcements/article/50390, USDT-margined; it names no maker rates of higher tiers',
    asOf: '2026-04',
    tiers: { vip0: fees('0.0005', '0.0002') },
  },
};
