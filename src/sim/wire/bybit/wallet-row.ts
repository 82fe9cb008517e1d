/**
 * The unified wallet as Bybit shows it, in /v5/account/wallet-balance and the `wallet` stream. A USDT counts as a USD here. In isolated
 * margin mode the account has no margin of its own, and those fields are empty. Source: bybit-exchange.github.io/docs/v5/account/wallet-balance.
 */
import { ZERO, ceilToStep, dec, maxOf, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import type { MarginMode } from '../../../domain/strategy.ts';
import type { BalanceRecord, PositionRecord } from '../../../ports/exchange.ts';

const MONEY_STEP = dec('0.00000001');

export function walletRow(balance: BalanceRecord, positions: readonly PositionRecord[], marginMode: MarginMode): { readonly [key: string]: Json } {
  const equity = dec(balance.equity);
  const bound = maxOf(ZERO, equity.minus(balance.free));
  const ratio = dec(balance.marginRatio ?? '0');
  const maintenance = ceilToStep(maxOf(ZERO, equity).times(ratio), MONEY_STEP);
  const unrealised = equity.minus(balance.total);
  const ofCross = (value: string): string => (marginMode === 'cross' ? value : '');
  return {
    accountType: 'UNIFIED',
    accountIMRate: ofCross('0'),
    accountMMRate: ofCross(plain(ratio)),
    totalEquity: balance.equity,
    totalWalletBalance: balance.total,
    totalMarginBalance: ofCross(balance.equity),
    totalAvailableBalance: ofCross(balance.free),
    totalPerpUPL: plain(unrealised),
    totalInitialMargin: ofCross(plain(bound)),
    totalMaintenanceMargin: ofCross(plain(maintenance)),
    accountLTV: '0',
    coin: [
      {
        coin: balance.currency,
        equity: balance.equity,
        usdValue: balance.equity,
        walletBalance: balance.total,
        free: '',
        locked: '0',
        spotHedgingQty: '0',
        borrowAmount: '0',
        availableToWithdraw: '',
        availableToBorrow: '',
        accruedInterest: '0',
        totalOrderIM: '0',
        totalPositionIM: plain(bound),
        totalPositionMM: positions.length === 0 ? '0' : plain(maintenance),
        unrealisedPnl: plain(unrealised),
        cumRealisedPnl: '0',
        bonus: '0',
        marginCollateral: true,
        collateralSwitch: true,
      },
    ],
  };
}
