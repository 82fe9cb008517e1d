/** Random lives of a simulated exchange: what fast-check draws, and how it is played. Every draw is playable; refusals are part of it. */
import fc from 'fast-check';
import type { SimulatedExchangeConfig } from '../../../src/sim/exchange/config.ts';
import type { ExecutionFate, ExecutionPolicy, MarketChange } from '../../../src/sim/exchange/faults.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import type { OrderType, PositionSide, Side } from '../../../src/ports/exchange.ts';
import { BTC, BTC_MARKET, ETH, ETH_MARKET } from './world.ts';

export type Step =
  | { readonly type: 'tick'; readonly symbol: string; readonly last: number; readonly markOff: number; readonly funding: number | null }
  | {
      readonly type: 'place';
      readonly symbol: string;
      readonly side: Side;
      readonly orderType: OrderType;
      readonly lots: number;
      readonly price: number;
      readonly trigger: number;
      readonly closes: boolean;
      readonly flags: number;
    }
  | { readonly type: 'amend'; readonly nth: number; readonly lots: number; readonly price: number }
  | { readonly type: 'cancel'; readonly nth: number }
  | { readonly type: 'deposit'; readonly amount: number }
  | { readonly type: 'interference'; readonly by: Interference; readonly symbol: string; readonly lots: number; readonly nth: number };

/** What somebody else, or the exchange itself, does to the account. */
export const INTERFERENCES = ['adl', 'liquidation', 'insurance', 'transfer', 'manual order', 'manual cancel', 'manual close', 'rules', 'leverage', 'position mode'] as const;
export type Interference = (typeof INTERFERENCES)[number];

/** Rules a market may get; each keeps the prices of a life mostly on the grid. */
const RULES: readonly MarketChange[] = [{ amountStep: '0.2' }, { amountStep: '0.1', minAmount: '0.3' }, { maxConditionalOrders: 2 }, { maxConditionalOrders: null }, { maxAmountPerTrade: '0.5', tradesPerTick: 1 }];

const FATES: readonly ExecutionFate[] = [
  { type: 'refused', status: 'rejected', reason: 'INSUFFICIENT_MARGIN' },
  { type: 'partial', share: '0.4', restAfterMs: 1_500 },
  { type: 'bounded', share: '0.6', reason: 'SLIPPAGE_BOUND' },
  { type: 'overfill', steps: 1 },
];

/** Every third execution goes wrong, by what the order says alone, so that a restored exchange decides the same. */
const TROUBLED: ExecutionPolicy = ({ id, filled }, cause) => {
  const number = Number(id.slice(1)) + filled.length + cause.length;
  return (number % 3 === 0 ? FATES[number % FATES.length] : undefined) ?? { type: 'normal' };
};

/** Prices in ticks of 1 around 1000, amounts in lots of 0.1. */
const price = fc.integer({ min: 850, max: 1150 });
const symbol = fc.constantFrom(BTC, BTC, BTC, ETH);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('tick' as const), symbol, last: price, markOff: fc.integer({ min: -5, max: 5 }), funding: fc.option(fc.integer({ min: -20, max: 20 }), { freq: 5 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('place' as const),
      symbol,
      side: fc.constantFrom<Side>('buy', 'sell'),
      orderType: fc.constantFrom<OrderType>('market', 'limit', 'stop-market', 'stop-market', 'stop-limit'),
      lots: fc.integer({ min: 1, max: 40 }),
      price,
      trigger: price,
      closes: fc.nat(2).map((n) => n === 0),
      flags: fc.nat(15),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('amend' as const), nth: fc.nat(9), lots: fc.integer({ min: 1, max: 40 }), price }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cancel' as const), nth: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('deposit' as const), amount: fc.integer({ min: 0, max: 300 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('interference' as const), by: fc.constantFrom(...INTERFERENCES), symbol, lots: fc.integer({ min: 1, max: 20 }), nth: fc.nat(9) }),
  },
);

/** ETH moves around 100 and shares the draw: its prices are a tenth. */
export const steps = fc.array(step, { minLength: 5, maxLength: 80, size: 'max' });

export const configs: fc.Arbitrary<SimulatedExchangeConfig> = fc
  .record({
    positionMode: fc.constantFrom('hedge' as const, 'one-way' as const),
    marginMode: fc.constantFrom('cross' as const, 'isolated' as const),
    ethMarginMode: fc.constantFrom('cross' as const, 'isolated' as const),
    leverage: fc.constantFrom('1', '5', '20'),
    deposit: fc.constantFrom('100', '300', '5000', '100000'),
    slippage: fc.constantFrom('0', '0.0007'),
    partial: fc.constantFrom({}, { maxAmountPerTrade: '0.7' }, { maxAmountPerTrade: '0.7', tradesPerTick: 2 }),
    fillPrice: fc.constantFrom('gap' as const, 'touch' as const),
    keepHistory: fc.boolean(),
    reduceOnlyInHedgeMode: fc.boolean(),
    isTroubled: fc.boolean(),
    readLagMs: fc.constantFrom(0, 2_000),
  })
  .map(({ positionMode, marginMode, ethMarginMode, leverage, deposit, slippage, partial, fillPrice, keepHistory, reduceOnlyInHedgeMode, isTroubled, readLagMs }) => {
    const tiers = [
      { maxNotional: '2000', maintenanceMarginRate: '0.005', maintenanceAmount: '0' },
      { maxNotional: null, maintenanceMarginRate: '0.02', maintenanceAmount: '30' },
    ];
    const market = { tickSize: '1', amountStep: '0.1', minAmount: '0.1', minCost: '5', slippage, maintenanceTiers: tiers, ...partial };
    return {
      markets: [{ ...BTC_MARKET, ...market }, { ...ETH_MARKET, ...market, tickSize: '0.1' }],
      accounts: [{ account: 'main', deposit, positionMode, leverage, symbols: { [BTC]: { marginMode }, [ETH]: { marginMode: ethMarginMode } } }],
      capabilities: { reduceOnlyInHedgeMode, readLagMs },
      ...(isTroubled && { execution: TROUBLED }),
      fillPrice,
      keepHistory,
      retain: 4,
    };
  });

/** Plays the steps one by one; `after` sees the exchange after each. */
export async function play(exchange: SimulatedExchange, life: readonly Step[], after: (step: Step) => void = () => undefined, firstId = 0): Promise<void> {
  if (exchange.lastTickAt() === null) {
    for (const symbol of [BTC, ETH]) await playStep(exchange, { type: 'tick', symbol, last: 1000, markOff: 0, funding: null }, '');
  }
  for (const [index, each] of life.entries()) {
    await playStep(exchange, each, `id${firstId + index}`);
    after(each);
  }
}

function scaled(symbol: string, ticks: number): string {
  return symbol === ETH ? (ticks / 10).toFixed(1) : String(ticks);
}

async function playStep(exchange: SimulatedExchange, step: Step, clientOrderId: string): Promise<void> {
  const account = 'main';
  const openOrders = exchange.truth().accounts[0]?.openOrders ?? [];
  switch (step.type) {
    case 'tick': {
      const last = scaled(step.symbol, step.last);
      const mark = scaled(step.symbol, step.last + step.markOff);
      const fundingRate = step.funding === null ? {} : { fundingRate: (step.funding / 10_000).toFixed(4) };
      exchange.tick({ symbol: step.symbol, at: exchange.now() + 500, last, mark, index: mark, ...fundingRate });
      return;
    }
    case 'place': {
      const hedge = exchange.truth().accounts[0]?.positionMode === 'hedge';
      const { orderType: type, symbol, side } = step;
      await exchange.placeOrder({
        account,
        symbol,
        clientOrderId,
        side,
        type,
        amount: (step.lots / 10).toFixed(1),
        price: type === 'limit' || type === 'stop-limit' ? scaled(symbol, step.price) : null,
        triggerPrice: type === 'stop-market' || type === 'stop-limit' ? scaled(symbol, step.trigger) : null,
        triggerBy: (['last', 'mark', 'index'] as const)[step.flags % 3] ?? 'last',
        positionSide: hedge ? legOf(side, step.closes) : null,
        reduceOnly: !hedge && step.closes,
        postOnly: step.flags > 12 && (type === 'limit' || type === 'stop-limit'),
      });
      return;
    }
    case 'amend': {
      const order = openOrders[step.nth];
      if (order === undefined) return;
      const { symbol, clientOrderId: id } = order;
      const to = scaled(symbol, step.price);
      const change = { amount: (step.lots / 10).toFixed(1), price: order.price && to, triggerPrice: order.triggerPrice && to };
      await exchange.amendOrder({ account, symbol, clientOrderId: id, ...change });
      return;
    }
    case 'cancel': {
      const order = openOrders[step.nth];
      if (order !== undefined) await exchange.cancelOrder({ account, symbol: order.symbol, clientOrderId: order.clientOrderId });
      return;
    }
    case 'deposit':
      exchange.deposit(account, String(step.amount));
      return;
    case 'interference':
      await interfere(exchange, step);
  }
}

async function interfere(exchange: SimulatedExchange, { by, symbol, lots, nth }: Extract<Step, { type: 'interference' }>): Promise<void> {
  const account = 'main';
  const truth = exchange.truth().accounts[0];
  const order = truth?.openOrders[nth];
  const leg = truth?.positions[nth % 3];
  const amount = (lots / 10).toFixed(1);
  switch (by) {
    case 'adl':
      if (leg !== undefined) exchange.acts.deleverage(account, leg.symbol, leg.positionSide, amount);
      return;
    case 'liquidation':
      if (nth === 0) exchange.acts.liquidate(account);
      return;
    case 'insurance':
      return exchange.acts.insure(account, symbol, leg?.positionSide ?? 'both', amount);
    case 'transfer':
      return exchange.others.transfer(account, amount);
    case 'manual order': {
      const positionSide = truth?.positionMode === 'hedge' ? (nth % 2 === 0 ? 'long' : 'short') : null;
      await exchange.others.place({ account, symbol, side: nth % 2 === 0 ? 'buy' : 'sell', amount, positionSide });
      return;
    }
    case 'manual cancel':
      if (order !== undefined) await exchange.others.cancel(account, order.symbol, order.clientOrderId);
      return;
    case 'manual close':
      if (leg !== undefined) await exchange.others.closePosition(account, leg.symbol, leg.positionSide, nth % 2 === 0 ? null : amount);
      return;
    case 'rules':
      return exchange.acts.changeMarket(symbol, RULES[nth % RULES.length] ?? {});
    case 'leverage':
      await exchange.others.changeSettings(account, symbol, { leverage: String(1 + nth) });
      return;
    case 'position mode':
      if (nth < 3) await exchange.others.changePositionMode(account, truth?.positionMode === 'hedge' ? 'one-way' : 'hedge');
  }
}

function legOf(side: Side, closes: boolean): PositionSide {
  return (side === 'buy') === closes ? 'short' : 'long';
}
