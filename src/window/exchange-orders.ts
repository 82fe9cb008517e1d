/**
 * From desired orders to the orders an exchange can rest (DOMAIN §6): one per position side in hedge mode, netted by side and
 * trigger price in one-way mode. Pure. Keeps I7: reduce-only wherever every leg closes and no other holding could shrink the order.
 */
import { D, ONE, dec, maxOf, plain, sum } from '../domain/decimal.ts';
import type { DecimalString } from '../domain/decimal.ts';
import type { Fill } from '../domain/ladder.ts';
import { ceilPrice, floorPrice, priceGridOf } from '../domain/price-grid.ts';
import type { PriceGrid } from '../domain/price-grid.ts';
import type { Instrument, OnGap, PositionMode, Role, Strategy, TriggerSource, WalletName } from '../domain/strategy.ts';
import { longOf, shortOf } from '../domain/wallet.ts';
import type { Leg, WalletFacts } from '../domain/wallet.ts';
import { sideOfLeg } from './desired-orders.ts';
import type { DesiredOrder } from './desired-orders.ts';

/** What a part of an exchange order's amount is for. */
export interface OrderLeg {
  readonly wallet: WalletName;
  readonly role: Fill['role'];
  readonly level: number | null;
  readonly cycle: number;
  readonly leg: Leg;
  readonly amount: DecimalString;
  /** The rung its first fill was booked on; absent before. */
  readonly rung?: number;
}

/** An order as it should rest, before it has an id. */
export interface ExchangeOrder {
  /** The slots of its legs, joined by `+`; one order rests per slot (I1). */
  readonly slot: string;
  readonly account: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly type: 'market' | 'stop-market' | 'stop-limit';
  /** Still to be executed, base units: the sum of its legs. */
  readonly amount: DecimalString;
  readonly triggerPrice: DecimalString | null;
  /** Limit price of a stop-limit. */
  readonly price: DecimalString | null;
  readonly triggerBy: TriggerSource;
  readonly positionSide: 'long' | 'short' | null;
  readonly reduceOnly: boolean;
  /** What its opening legs do when the price is already through the trigger; closing legs always execute. */
  readonly onGap: OnGap;
  /** In fill order: closing legs first. */
  readonly legs: readonly OrderLeg[];
}

/** A wallet with what it wants, for the orders of one plan. */
export interface WalletDesire {
  readonly name: WalletName;
  readonly account: string;
  readonly facts: WalletFacts;
  readonly orders: readonly DesiredOrder[];
}

export interface ExchangeContext {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  readonly positionMode: PositionMode;
  /** Set where the exchange takes the flag beside a position side. */
  readonly reduceOnlyInHedgeMode: boolean;
}

export function slotOf(leg: Pick<OrderLeg, 'wallet' | 'role' | 'level' | 'leg'>): string {
  return `${leg.wallet}/${leg.role}/${leg.level ?? 'market'}/${leg.leg}`;
}

/** A slot at one trigger: what the exchange says of it does not hold for the next cycle's order, which has the same slot elsewhere. */
export function triggerOf({ slot, triggerPrice }: Pick<ExchangeOrder, 'slot' | 'triggerPrice'>): string {
  return `${slot}@${triggerPrice ?? 'market'}`;
}

export function isClosingLeg({ leg }: { readonly leg: Leg }): boolean {
  return leg === 'close-long' || leg === 'close-short';
}

/** Every leg closes: the order protects and adds no risk. */
export function isProtective(order: { readonly legs: readonly { readonly leg: Leg }[] }): boolean {
  return order.legs.every(isClosingLeg);
}

/** What a netted order closes, as an order of its own; null when it closes nothing or nothing else. */
export function closingPart(order: ExchangeOrder): ExchangeOrder | null {
  const legs = order.legs.filter(isClosingLeg);
  if (legs.length === 0 || legs.length === order.legs.length) return null;
  return { ...order, legs, slot: legs.map(slotOf).join('+'), amount: plain(sum(legs.map((leg) => dec(leg.amount)))) };
}

export function exchangeOrders(wallets: readonly WalletDesire[], context: ExchangeContext): ExchangeOrder[] {
  const parts = wallets.flatMap((wallet) => knownParts(wallet, context));
  return context.positionMode === 'hedge' ? parts : netted(parts, wallets);
}

/** A list of desired orders that has not changed gives the orders it gave before. */
const known = new WeakMap<readonly DesiredOrder[], { readonly context: ExchangeContext; readonly account: string; readonly parts: readonly ExchangeOrder[] }>();

function knownParts(wallet: WalletDesire, context: ExchangeContext): readonly ExchangeOrder[] {
  const last = known.get(wallet.orders);
  if (last !== undefined && last.context === context && last.account === wallet.account) return last.parts;
  const parts = wallet.orders.flatMap((order) => partsOf(wallet, order, context));
  known.set(wallet.orders, { context, account: wallet.account, parts });
  return parts;
}

/** One exchange order per leg. */
function partsOf(wallet: WalletDesire, order: DesiredOrder, context: ExchangeContext): ExchangeOrder[] {
  return order.legs.map(({ leg, amount }) => {
    const orderLeg: OrderLeg = { wallet: order.wallet, role: order.role, level: order.level, cycle: order.cycle, leg, amount };
    const shape = shapeOf(order, context);
    const isHedge = context.positionMode === 'hedge';
    return {
      slot: slotOf(orderLeg),
      account: wallet.account,
      symbol: context.strategy.symbol,
      side: sideOfLeg(leg),
      amount,
      ...shape,
      positionSide: isHedge ? (leg === 'open-long' || leg === 'close-long' ? 'long' : 'short') : null,
      reduceOnly: isHedge && context.reduceOnlyInHedgeMode && isClosingLeg(orderLeg),
      legs: [orderLeg],
    };
  });
}

type Shape = Pick<ExchangeOrder, 'type' | 'triggerPrice' | 'price' | 'triggerBy' | 'onGap'>;

function shapeOf(order: DesiredOrder, { strategy, instrument }: ExchangeContext): Shape {
  if (order.triggerPrice === null) {
    return { type: 'market', triggerPrice: null, price: null, triggerBy: strategy.exchange.triggerBy, onGap: 'market' };
  }
  const window = strategy.windows[order.role as Role];
  const price = window.order === 'stop-limit' ? limitPrice(dec(order.triggerPrice), order.side, dec(window.limitOffset ?? '0'), priceGridOf(instrument)) : null;
  return { type: window.order, triggerPrice: order.triggerPrice, price, triggerBy: window.triggerBy, onGap: window.onGap };
}

/** The limit lies beyond the trigger, rounded away from the market so that it never has less room than asked for (I15). */
function limitPrice(trigger: D, side: 'buy' | 'sell', offset: D, prices: PriceGrid): DecimalString {
  if (side === 'buy') return plain(ceilPrice(prices, trigger.times(ONE.plus(offset))));
  return plain(maxOf(prices.tickSize, floorPrice(prices, trigger.times(ONE.minus(offset)))));
}

/** One-way mode: orders of one side and trigger price on one account become one, closing legs first. */
function netted(parts: readonly ExchangeOrder[], wallets: readonly WalletDesire[]): ExchangeOrder[] {
  const groups = new Map<string, ExchangeOrder[]>();
  for (const part of parts) {
    // Orders at market are netted within a wallet only: each wallet's reset has its own average price.
    const owner = part.triggerPrice === null ? (part.legs[0]?.wallet ?? '') : '';
    const key = [part.account, part.side, part.type, part.triggerPrice ?? 'market', part.price ?? '', part.triggerBy, part.onGap, owner].join('|');
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return [...groups.values()].map((group) => netOne(group, parts, wallets));
}

function netOne(group: readonly ExchangeOrder[], parts: readonly ExchangeOrder[], wallets: readonly WalletDesire[]): ExchangeOrder {
  const [first] = group;
  if (first === undefined) throw new RangeError('a group of orders has at least one member');
  const all = group.flatMap((part) => part.legs);
  const legs = [...all.filter(isClosingLeg), ...all.filter((leg) => !isClosingLeg(leg))];
  return {
    ...first,
    slot: legs.map(slotOf).join('+'),
    amount: plain(sum(legs.map((leg) => dec(leg.amount)))),
    reduceOnly: isProtective({ legs }) && canReduceOnly(first, legs, parts, wallets),
    legs,
  };
}

/** No other holding on the account offsets what the legs close, nor can an entry on the same side, so the exchange never shrinks the order. */
function canReduceOnly(order: ExchangeOrder, legs: readonly OrderLeg[], parts: readonly ExchangeOrder[], wallets: readonly WalletDesire[]): boolean {
  const owner = legs[0]?.wallet;
  if (!legs.every((leg) => leg.wallet === owner)) return false;
  if (parts.some((part) => part.account === order.account && part.side === order.side && !isProtective(part))) return false;
  return wallets
    .filter((wallet) => wallet.account === order.account)
    .every(({ name, facts }) => {
      if (name !== owner) return longOf(facts).isZero() && shortOf(facts).isZero();
      return order.side === 'sell' ? shortOf(facts).isZero() : longOf(facts).isZero();
    });
}
