/** The account: balances, positions, modes, leverage, fees, and what its key may do. */
import { ZERO, dec, floorQuotientToStep, maxOf, plain } from '../../../domain/decimal.ts';
import type { D, DecimalString } from '../../../domain/decimal.ts';
import type { PositionRecord } from '../../../ports/exchange.ts';
import type { LegDelta } from '../../exchange/delta.ts';
import { DEFAULT_MAINTENANCE_TIERS, DEFAULT_MAX_LEVERAGE } from '../../exchange/config.ts';
import type { TrueAccount } from '../../exchange/truth.ts';
import { BinanceError } from './binance-error.ts';
import { leverageBrackets } from './binance-market.ts';
import type { BinanceMarket } from './binance-market.ts';
import { bySymbol, signed } from './binance-route.ts';
import type { BinanceParts, BinanceRoutes, PrivateCall } from './binance-route.ts';
import { positionSideOf } from './binance-rows.ts';
import { orUnavailable } from './refusals.ts';

const MONEY_STEP = dec('0.00000001');
const MAX_NOTIONAL = '1000000000';

export function accountRoutes(parts: BinanceParts): BinanceRoutes {
  const { markets, world } = parts;
  const truth = ({ account }: PrivateCall): TrueAccount => world.exchange.accountTruth(account.account);
  return {
    'GET /fapi/v1/positionSide/dual': signed(30, (call) => ({ dualSidePosition: truth(call).positionMode === 'hedge' })),
    'POST /fapi/v1/positionSide/dual': signed(1, (call) => changePositionMode(parts, call)),
    'GET /fapi/v1/multiAssetsMargin': signed(30, () => ({ multiAssetsMargin: false })),
    'POST /fapi/v1/marginType': signed(1, (call) => changeMarginType(parts, call)),
    'POST /fapi/v1/leverage': signed(1, (call) => changeLeverage(parts, call)),
    'GET /fapi/v1/accountConfig': signed(5, (call) => ({
      feeTier: 0,
      canTrade: true,
      canDeposit: true,
      canWithdraw: call.account.canWithdraw ?? false,
      dualSidePosition: truth(call).positionMode === 'hedge',
      updateTime: 0,
      multiAssetsMargin: false,
      tradeGroupId: -1,
    })),
    'GET /fapi/v1/symbolConfig': signed(5, (call) => ofSymbolOrAll(parts, call, (market) => symbolConfig(parts, call, market))),
    'GET /fapi/v1/commissionRate': signed(20, ({ params }) => {
      const { id, rules } = markets.ofId(params.required('symbol'));
      return { symbol: id, makerCommissionRate: rules.makerFee, takerCommissionRate: rules.takerFee, rpiCommissionRate: rules.makerFee };
    }),
    'GET /fapi/v1/leverageBracket': signed(1, (call) => ofSymbolOrAll(parts, call, leverageBrackets)),
    'GET /fapi/v2/balance': signed(5, (call) => balances(parts, call)),
    'GET /fapi/v3/balance': signed(5, (call) => balances(parts, call)),
    'GET /fapi/v2/account': signed(5, (call) => accountInfo(parts, call)),
    'GET /fapi/v3/account': signed(5, (call) => accountInfo(parts, call)),
    'GET /fapi/v2/positionRisk': signed(5, (call) => positionRisk(parts, call, true)),
    'GET /fapi/v3/positionRisk': signed(5, (call) => positionRisk(parts, call, false)),
    'GET /sapi/v1/account/apiRestrictions': signed(bySymbol(1, 1), ({ account, at }) => ({
      ipRestrict: account.isIpRestricted ?? true,
      createTime: at - 86_400_000,
      enableReading: true,
      enableFutures: true,
      enableSpotAndMarginTrading: false,
      enableMargin: false,
      enableVanillaOptions: false,
      enableInternalTransfer: false,
      permitsUniversalTransfer: false,
      enableWithdrawals: account.canWithdraw ?? false,
      enablePortfolioMarginTrading: false,
      enableFixApiTrade: false,
      enableFixReadOnly: false,
    })),
  };
}

function ofSymbolOrAll({ markets }: BinanceParts, { params }: PrivateCall, row: (market: BinanceMarket) => object): object {
  const id = params.text('symbol');
  return id === null ? markets.all.map(row) : [row(markets.ofId(id))];
}

async function changePositionMode({ world }: BinanceParts, { account, params }: PrivateCall): Promise<object> {
  const isHedge = params.flag('dualSidePosition');
  if (isHedge === null) throw new BinanceError('-1102', "Mandatory parameter 'dualSidePosition' was not sent, was empty/null, or malformed.");
  const { positionMode, openOrders, positions } = world.exchange.accountTruth(account.account);
  if ((positionMode === 'hedge') === isHedge) throw new BinanceError('-4059');
  if (openOrders.length > 0) throw new BinanceError('-4067');
  if (positions.length > 0) throw new BinanceError('-4068');
  await world.exchange.others.changePositionMode(account.account, isHedge ? 'hedge' : 'one-way');
  return { code: 200, msg: 'success' };
}

async function changeMarginType({ markets, world }: BinanceParts, { account, params }: PrivateCall): Promise<object> {
  const { symbol } = markets.ofId(params.required('symbol'));
  const marginMode = params.choice('marginType', ['ISOLATED', 'CROSSED']) === 'ISOLATED' ? 'isolated' : 'cross';
  const truth = world.exchange.accountTruth(account.account);
  if (settingsOf(truth, symbol).marginMode === marginMode) throw new BinanceError('-4046');
  if (truth.openOrders.some((order) => order.symbol === symbol)) throw new BinanceError('-4047');
  if (truth.positions.some((position) => position.symbol === symbol)) throw new BinanceError('-4048');
  await world.exchange.others.changeSettings(account.account, symbol, { marginMode });
  return { code: 200, msg: 'success' };
}

async function changeLeverage({ markets, world }: BinanceParts, { account, params }: PrivateCall): Promise<object> {
  const { id, symbol, rules } = markets.ofId(params.required('symbol'));
  const leverage = params.whole('leverage');
  if (leverage === null || leverage < 1 || dec(`${leverage}`).greaterThan(rules.maxLeverage ?? DEFAULT_MAX_LEVERAGE)) throw new BinanceError('-4028');
  await world.exchange.others.changeSettings(account.account, symbol, { leverage: `${leverage}` });
  return { symbol: id, leverage, maxNotionalValue: MAX_NOTIONAL };
}

export function settingsOf({ symbols, marginMode, leverage }: TrueAccount, symbol: string): Pick<TrueAccount, 'marginMode' | 'leverage'> {
  return symbols[symbol] ?? { marginMode, leverage };
}

function symbolConfig({ world }: BinanceParts, { account }: PrivateCall, { id, symbol }: BinanceMarket): object {
  const { marginMode, leverage } = settingsOf(world.exchange.accountTruth(account.account), symbol);
  return { symbol: id, marginType: marginMode === 'isolated' ? 'ISOLATED' : 'CROSSED', isAutoAddMargin: false, leverage: Number(leverage), maxNotionalValue: MAX_NOTIONAL };
}

async function balances({ world }: BinanceParts, { account, at }: PrivateCall): Promise<object> {
  const { balance } = await orUnavailable(world.exchange.fetchSnapshot(account.account));
  return [
    {
      accountAlias: 'SgsR',
      asset: balance.currency,
      balance: balance.total,
      crossWalletBalance: balance.total,
      crossUnPnl: plain(dec(balance.equity).minus(balance.total)),
      availableBalance: balance.free,
      maxWithdrawAmount: balance.free,
      marginAvailable: true,
      updateTime: at,
    },
  ];
}

async function accountInfo(parts: BinanceParts, call: PrivateCall): Promise<object> {
  const { world } = parts;
  const { account, at } = call;
  const { balance } = await orUnavailable(world.exchange.fetchSnapshot(account.account));
  const { maintenance } = world.exchange.accountTruth(account.account);
  const unrealised = plain(dec(balance.equity).minus(balance.total));
  const initial = plain(maxOf(ZERO, dec(balance.equity).minus(balance.free)));
  const asset = {
    asset: balance.currency,
    walletBalance: balance.total,
    unrealizedProfit: unrealised,
    marginBalance: balance.equity,
    maintMargin: maintenance,
    initialMargin: initial,
    positionInitialMargin: initial,
    openOrderInitialMargin: '0',
    crossWalletBalance: balance.total,
    crossUnPnl: unrealised,
    availableBalance: balance.free,
    maxWithdrawAmount: balance.free,
    marginAvailable: true,
    updateTime: at,
  };
  return {
    feeTier: 0,
    canTrade: true,
    canDeposit: true,
    canWithdraw: account.canWithdraw ?? false,
    updateTime: 0,
    multiAssetsMargin: false,
    totalInitialMargin: initial,
    totalMaintMargin: maintenance,
    totalWalletBalance: balance.total,
    totalUnrealizedProfit: unrealised,
    totalMarginBalance: balance.equity,
    totalPositionInitialMargin: initial,
    totalOpenOrderInitialMargin: '0',
    totalCrossWalletBalance: balance.total,
    totalCrossUnPnl: unrealised,
    availableBalance: balance.free,
    maxWithdrawAmount: balance.free,
    assets: [asset],
    positions: await positionRisk(parts, call, false),
  };
}

/** `all`: every market and leg, as version 2 lists them; else those with a position or an open order. */
async function positionRisk(parts: BinanceParts, call: PrivateCall, all: boolean): Promise<readonly object[]> {
  const { markets, world } = parts;
  const id = call.params.text('symbol');
  const { positions } = await orUnavailable(world.exchange.fetchSnapshot(call.account.account));
  const truth = world.exchange.accountTruth(call.account.account);
  const legs = truth.positionMode === 'hedge' ? (['long', 'short'] as const) : (['both'] as const);
  return (id === null ? markets.all : [markets.ofId(id)]).flatMap((market) => {
    const isUsed = [...truth.positions, ...truth.openOrders].some(({ symbol }) => symbol === market.symbol);
    if (!all && !isUsed) return [];
    return legs.map((leg) => {
      const isLeg = ({ symbol, positionSide }: Pick<LegDelta, 'symbol' | 'positionSide'>): boolean => symbol === market.symbol && positionSide === leg;
      return positionRow(parts, market, leg, truth, positions.find(isLeg), truth.positions.find(isLeg), all);
    });
  });
}

function positionRow(
  { world }: BinanceParts,
  market: BinanceMarket,
  leg: PositionRecord['positionSide'],
  truth: TrueAccount,
  position: PositionRecord | undefined,
  held: LegDelta | undefined,
  isVersion2: boolean,
): object {
  const mark = world.price(market.symbol)?.mark ?? '0';
  const { marginMode, leverage } = settingsOf(truth, market.symbol);
  const amount = dec(held?.amount ?? '0');
  const notional = amount.times(mark);
  const unrealised = notional.minus(held?.cost ?? '0');
  const isolatedWallet = dec(held?.margin ?? '0');
  const initial = floorQuotientToStep(notional.abs(), dec(leverage), MONEY_STEP);
  const row = {
    symbol: market.id,
    positionSide: positionSideOf(leg),
    positionAmt: plain(amount),
    entryPrice: position?.entryPrice ?? '0.0',
    breakEvenPrice: position?.entryPrice ?? '0.0',
    markPrice: mark,
    unRealizedProfit: plain(unrealised),
    liquidationPrice: position?.liquidationPrice ?? '0',
    isolatedMargin: marginMode === 'isolated' ? plain(isolatedWallet.plus(unrealised)) : '0',
    notional: plain(notional),
    marginAsset: market.quote,
    isolatedWallet: plain(isolatedWallet),
    initialMargin: plain(initial),
    maintMargin: plain(maintenanceOf(market, notional.abs())),
    positionInitialMargin: plain(initial),
    openOrderInitialMargin: '0',
    adl: 1,
    bidNotional: '0',
    askNotional: '0',
    updateTime: amount.isZero() ? 0 : world.now(),
  };
  if (!isVersion2) return row;
  return { ...row, leverage, marginType: marginMode, isolated: marginMode === 'isolated', isAutoAddMargin: 'false', maxNotionalValue: MAX_NOTIONAL, adlQuantile: 1 };
}

function maintenanceOf({ rules }: BinanceMarket, notional: D): D {
  const tiers = rules.maintenanceTiers ?? DEFAULT_MAINTENANCE_TIERS;
  const tier = tiers.find(({ maxNotional }: { maxNotional: DecimalString | null }) => maxNotional === null || notional.lessThanOrEqualTo(maxNotional));
  return tier === undefined ? ZERO : maxOf(ZERO, notional.times(tier.maintenanceMarginRate).minus(tier.maintenanceAmount));
}
