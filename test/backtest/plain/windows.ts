/**
 * Which orders a wallet of the plain backtest wants to rest (DOMAIN §3, the tables of windows) and what they are at the exchange (§6).
 */
import type { Role, Strategy } from '../../../src/domain/strategy.ts';
import type { SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import type { Order, OrderPart, Side } from './exchange.ts';
import { floored, larger, num, raised, total } from './numbers.ts';
import type { Num } from './numbers.ts';
import type { OpeningOrClosing, PlainWallet } from './wallet.ts';

/** One line of a window: everything that one role does at one level. */
interface Wanted {
  readonly wallet: PlainWallet;
  readonly role: Role;
  readonly level: number;
  readonly legs: readonly { readonly leg: OpeningOrClosing; readonly amount: Num }[];
}

export function isClosing(leg: OpeningOrClosing): boolean {
  return leg === 'close-long' || leg === 'close-short';
}

export function sideOf(leg: OpeningOrClosing): Side {
  return leg === 'open-long' || leg === 'close-short' ? 'buy' : 'sell';
}

// ---- what one wallet wants ---------------------------------------------------------------------------------------------

/** While it is being reset only what protects keeps resting. */
function windowsOf(wallet: PlainWallet): Wanted[] {
  if (!wallet.isOpened) return [];
  const { top } = wallet;
  const lines: Wanted[] = [];
  const add = (role: Role, level: number, legs: Wanted['legs']): void => {
    const opensHere = wallet.phase !== 'RESET';
    const kept = legs.filter(({ leg, amount }) => amount.greaterThan(0) && (isClosing(leg) || (opensHere && wallet.isApart(level, sideOf(leg)))));
    if (kept.length > 0 && wallet.level(level).greaterThan(0)) lines.push({ wallet, role, level, legs: kept });
  };
  if (wallet.spec.cycle === 'rotation') add('stop-loss', top, [{ leg: 'close-long', amount: wallet.coreLong }]);
  wallet.rungs.forEach((rung, j) => {
    const [down, up] = [top - j, top - j + 1];
    switch (wallet.spec.cycle) {
      case 'rotation':
        if (!rung.isOut) add('stop-entry-short', down, [{ leg: 'open-short', amount: wallet.entryAmount(j, down) }]);
        else if (wallet.phase !== 'RESET') add('cover', up, [{ leg: 'close-short', amount: rung.short }]);
        break;
      case 'fragments':
        if (!rung.isOut) add('stop-loss', down, [{ leg: 'close-long', amount: rung.long }]);
        else add('stop-entry-long', up, [{ leg: 'open-long', amount: wallet.entryAmount(j, up) }]);
        break;
      case 'scaling':
        if (!rung.isOut) add('flip-short', down, [{ leg: 'close-long', amount: rung.long }, { leg: 'open-short', amount: rung.fragment.minus(rung.short) }]);
        else if (wallet.phase !== 'RESET') add('flip-long', up, [{ leg: 'close-short', amount: rung.short }, { leg: 'open-long', amount: rung.fragment.minus(rung.long) }]);
    }
  });
  return lines;
}

/** Of each role as many as its window lets rest, the nearest first; a flip that only opens takes no place from one that closes. */
function nearestOf(lines: readonly Wanted[], windows: Strategy['windows']): Wanted[] {
  const protects = ({ legs }: Wanted): boolean => legs.some(({ leg }) => isClosing(leg));
  const isFlip = ({ role }: Wanted): boolean => role === 'flip-short' || role === 'flip-long';
  return lines.filter((line) => {
    const nearer = lines.filter((other) => {
      const isNearer = sideOfLine(line) === 'sell' ? other.level > line.level : other.level < line.level;
      return other.role === line.role && isNearer && (!isFlip(other) || protects(other) || !protects(line));
    });
    return nearer.length < windows[line.role].resting;
  });
}

function sideOfLine({ legs }: Wanted): Side {
  return sideOf((legs[0] as Wanted['legs'][number]).leg);
}

// ---- what that is at the exchange --------------------------------------------------------------------------------------

export interface WantedOrder extends Order {
  readonly onGap: 'market' | 'skip';
}

/** Wallet by wallet: what its reset trades at market, then its windows from the top rung down. */
export function wantedOrders(wallets: readonly PlainWallet[], strategy: Strategy, market: SimulatedMarket): WantedOrder[] {
  const orders = wallets.flatMap((wallet) => [
    ...resetOrders(wallet, strategy),
    ...nearestOf(windowsOf(wallet), strategy.windows).flatMap((line) => line.legs.map(({ leg, amount }) => orderOf(line, leg, amount, strategy, market))),
  ]);
  return strategy.exchange.positionMode === 'hedge' ? orders : netted(orders, wallets);
}

function resetOrders(wallet: PlainWallet, strategy: Strategy): WantedOrder[] {
  const order = wallet.resetOrder;
  if (wallet.phase !== 'RESET' || order === null) return [];
  return order.wanted.map(({ leg, amount }) => marketOrder(wallet, order.role, leg, amount, strategy));
}

export function marketOrder(wallet: PlainWallet, role: string, leg: OpeningOrClosing, amount: Num, { exchange }: Strategy): WantedOrder {
  return {
    account: wallet.spec.account,
    side: sideOf(leg),
    positionSide: positionSideOf(leg, exchange.positionMode),
    reduceOnly: false,
    amount,
    trigger: null,
    limit: null,
    triggerBy: exchange.triggerBy,
    parts: [{ wallet: wallet.spec.name, role, level: null, leg, cycle: wallet.cycle, amount }],
    onGap: 'market',
  };
}

function positionSideOf(leg: OpeningOrClosing, positionMode: Strategy['exchange']['positionMode']): Order['positionSide'] {
  if (positionMode === 'one-way') return null;
  return leg === 'open-long' || leg === 'close-long' ? 'long' : 'short';
}

function orderOf({ wallet, role, level }: Wanted, leg: OpeningOrClosing, amount: Num, { exchange, windows }: Strategy, market: SimulatedMarket): WantedOrder {
  const window = windows[role];
  const side = sideOf(leg);
  const trigger = wallet.level(level);
  return {
    account: wallet.spec.account,
    side,
    positionSide: positionSideOf(leg, exchange.positionMode),
    reduceOnly: false,
    amount,
    trigger,
    limit: window.order === 'stop-limit' ? limitOf(side, trigger, num(window.limitOffset ?? '0'), num(market.tickSize)) : null,
    triggerBy: window.triggerBy,
    parts: [{ wallet: wallet.spec.name, role, level, leg, cycle: wallet.cycle, amount }],
    onGap: window.onGap,
  };
}

/** Beyond the trigger, to the tick away from the market. */
function limitOf(side: Side, trigger: Num, offset: Num, tick: Num): Num {
  if (side === 'buy') return raised(trigger.times(num(1).plus(offset)), tick);
  return larger(tick, floored(trigger.times(num(1).minus(offset)), num(1), tick));
}

/** One-way mode: orders of one side and level on one account are one order, closing parts first. Different limits or answers to gaps stay apart. */
function netted(orders: readonly WantedOrder[], wallets: readonly PlainWallet[]): WantedOrder[] {
  const groups = new Map<string, WantedOrder[]>();
  for (const order of orders) {
    // At market only within a wallet: each reset has its own average price.
    const at = order.trigger?.toFixed() ?? `market ${order.parts[0]?.wallet ?? ''}`;
    const key = [order.account, order.side, at, order.limit?.toFixed(), order.triggerBy, order.onGap].join();
    groups.set(key, [...(groups.get(key) ?? []), order]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0] as WantedOrder;
    const parts = closingFirst(group.flatMap((order) => order.parts));
    return { ...first, parts, amount: total(parts.map((part) => part.amount)), reduceOnly: mayBeReduceOnly(first, parts, orders, wallets) };
  });
}

function closingFirst(parts: readonly OrderPart[]): OrderPart[] {
  return [...parts.filter(({ leg }) => isClosing(leg)), ...parts.filter(({ leg }) => !isClosing(leg))];
}

/** Every part closes for one wallet, and nothing else on the account could make the exchange shrink the order. */
function mayBeReduceOnly({ account, side }: Order, parts: readonly OrderPart[], orders: readonly WantedOrder[], wallets: readonly PlainWallet[]): boolean {
  const owner = parts[0]?.wallet;
  if (!parts.every(({ wallet, leg }) => wallet === owner && isClosing(leg))) return false;
  if (orders.some((order) => order.account === account && order.side === side && order.parts.some(({ leg }) => !isClosing(leg)))) return false;
  return wallets
    .filter((wallet) => wallet.spec.account === account)
    .every((wallet) => (wallet.spec.name === owner ? (side === 'sell' ? wallet.short : wallet.long).isZero() : wallet.long.isZero() && wallet.short.isZero()));
}
