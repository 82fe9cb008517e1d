/**
 * The behaviour of DOMAIN §1–§5 on a price path, written a second time and as plainly as possible: the judge of `hedgerow trace`.
 *
 * No machines, no windows, no ledger: one mutable record per wallet, touches, fills, resets, in that order at every price.
 * It must never import the code it judges. Readings of the contract it depends on are stated beside the code.
 */
import type { DecimalString } from '../../../src/domain/decimal.ts';
import { HedgerowError } from '../../../src/domain/errors.ts';
import { invariant } from '../../../src/domain/invariant.ts';
import type { Role, Strategy, WalletName, WalletSpec } from '../../../src/domain/strategy.ts';
import type { Side } from '../../../src/ports/exchange.ts';
import {
  exactWeight,
  fragmentsOf,
  ladderOrders,
  levelPrices,
  unitSizeAt,
  type ExactLadder,
  type ExactOrder,
  type ExactRung,
  type ExactWeight,
} from '../../../src/sim/auditor/desired-ladder.ts';
import {
  add,
  compare,
  exact,
  floorQuotient,
  isAbove,
  isBelow,
  isPositive,
  multiply,
  negate,
  NOTHING,
  product,
  subtract,
  textOf,
  total,
  UNITY,
  type Exact,
} from '../../../src/sim/auditor/exact.ts';
import { nearestStep, priceStepsOf, type PriceSteps } from '../../../src/sim/auditor/price-steps.ts';

export type FillMode = 'touch' | 'gap';
export type WalletPhase = 'ADVANCE' | 'RETRACEMENT' | 'DECLINE' | 'RECOVERY';

export interface TraceWallet {
  readonly wallet: WalletName;
  readonly cycle: number;
  readonly phase: WalletPhase;
  readonly unit: number;
  readonly top: number;
  readonly rungsOut: number;
  readonly long: DecimalString;
  readonly short: DecimalString;
  readonly equity: DecimalString;
  readonly fees: DecimalString;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
}

export interface TraceOrder {
  readonly wallet: WalletName;
  readonly role: Role;
  readonly rung: number | null;
  readonly side: Side;
  readonly level: number;
  readonly triggerPrice: DecimalString;
  readonly amount: DecimalString;
}

export interface TraceFill {
  readonly wallet: WalletName;
  readonly role: Role | 'market-buy' | 'rebalance';
  readonly side: Side;
  readonly level: number | null;
  readonly price: DecimalString;
  readonly amount: DecimalString;
  readonly fee: DecimalString;
}

export interface TraceDocument {
  readonly step: number;
  readonly price: DecimalString;
  readonly phase: WalletPhase;
  readonly wallets: readonly TraceWallet[];
  readonly orders: readonly TraceOrder[];
  readonly fills: readonly TraceFill[];
}

/** Corners where the contract leaves a choice; a comparison can sort its differences by them. */
export type Reading =
  /** A reset left a wallet too small: the plan is paused from here on. */
  | 'plan-paused'
  /** A desired order is below the exchange's minimum amount or cost; it is desired all the same. */
  | 'order-below-minimum'
  /** Two neighbouring levels of a ladder have the same price. */
  | 'levels-fall-together'
  /** Rotation bought back from cash without a cover. */
  | 'reset-from-cash';

export interface TraceModelOptions {
  /** ATR at the start of every cycle, for `unit: atr`. */
  readonly atr?: DecimalString;
  /** Told about every document that depends on a reading, with its step. */
  readonly onReading?: (reading: Reading, step: number) => void;
}

/** What never changes on a path. */
interface Rules {
  readonly strategy: Strategy;
  readonly fill: FillMode;
  readonly leverage: Exact;
  readonly prices: PriceSteps;
  readonly step: Exact;
  readonly minAmount: Exact;
  readonly minCost: Exact;
  readonly takerFee: Exact;
  readonly threshold: Exact;
  readonly atr: Exact | null;
}

interface Wallet extends Omit<ExactLadder, 'rungs' | 'top' | 'wholeLong' | 'notional' | 'levelPrice' | 'isProtectiveOnly'> {
  readonly spec: WalletSpec;
  readonly weights: readonly ExactWeight[];
  cycleNumber: number;
  phase: WalletPhase;
  anchor: Exact;
  unitSize: Exact;
  levelPrice: (level: number) => Exact;
  unit: number;
  top: number;
  rungs: ExactRung[];
  wholeLong: Exact;
  notional: Exact;
  balance: Exact;
  fees: Exact;
  hasTraded: boolean;
  isResetDue: boolean;
  isProtectiveOnly: boolean;
}

interface Plan {
  readonly rules: Rules;
  readonly wallets: Wallet[];
  phase: WalletPhase;
  lastExtreme: 'ADVANCE' | 'DECLINE';
  isPaused: boolean;
  hasResetFromCash: boolean;
  price: Exact;
  fills: TraceFill[];
}

const longOf = (wallet: Wallet): Exact => (wallet.cycle === 'rotation' ? wallet.wholeLong : total(wallet.rungs.map((rung) => rung.held)));
const shortOf = (wallet: Wallet): Exact => total(wallet.rungs.map((rung) => rung.shorted));
const rungsOutOf = (wallet: Wallet): number => wallet.rungs.filter((rung) => rung.isOut).length;
const equityOf = (wallet: Wallet, mark: Exact): Exact =>
  add(wallet.balance, multiply(subtract(longOf(wallet), shortOf(wallet)), mark));

/** One document per price. Throws INPUT_INVALID for wrong prices, STRATEGY_TOO_SMALL when the opening is below the minimums. */
export function traceModel(strategy: Strategy, prices: readonly string[], fill: FillMode, options: TraceModelOptions = {}): TraceDocument[] {
  const path = prices.map(readPrice);
  const [first] = path;
  if (first === undefined) throw new HedgerowError('INPUT_INVALID', 'a price path needs at least one price');
  const plan = openPlan(rulesOf(strategy, fill, options), first);
  return path.map((price, step) => {
    if (step > 0) {
      plan.fills = [];
      if (fill === 'touch') moveContinuously(plan, price);
      else visit(plan, price);
    }
    if (options.onReading !== undefined) for (const reading of readingsOf(plan)) options.onReading(reading, step);
    return documentOf(plan, step);
  });
}

function readPrice(text: string): Exact {
  const price = exact(text);
  if (!isPositive(price)) throw new HedgerowError('INPUT_INVALID', `a price must be above zero: ${text}`);
  return price;
}

function rulesOf(strategy: Strategy, fill: FillMode, options: TraceModelOptions): Rules {
  const market = strategy.exchange.market;
  if (market === null) throw new HedgerowError('INPUT_INVALID', 'the model needs the market of a simulated exchange');
  if (strategy.unit.type === 'atr' && options.atr === undefined) throw new HedgerowError('INPUT_INVALID', 'unit atr needs a given ATR');
  return {
    strategy,
    fill,
    leverage: exact(strategy.leverage),
    prices: priceStepsOf(market),
    step: exact(market.amountStep),
    minAmount: exact(market.minAmount),
    minCost: exact(market.minCost),
    takerFee: exact(market.takerFee),
    threshold: exact(strategy.rebalanceThreshold),
    atr: options.atr === undefined ? null : exact(options.atr),
  };
}

// ---------------------------------------------------------------------------------------------- opening and cycles

function openPlan(rules: Rules, price: Exact): Plan {
  const wallets = rules.strategy.wallets.map((spec) => emptyWallet(rules, spec));
  const plan: Plan = { rules, wallets, phase: 'ADVANCE', lastExtreme: 'ADVANCE', isPaused: false, hasResetFromCash: false, price, fills: [] };
  for (const wallet of wallets) {
    const amount = affordable(rules, exact(wallet.spec.capital), price);
    if (isPositive(amount)) marketOrder(plan, wallet, 'market-buy', 'buy', amount, price);
    startCycle(rules, wallet, amount, price);
    if (!canTradeFragments(rules, wallet)) {
      throw new HedgerowError('STRATEGY_TOO_SMALL', `wallet ${wallet.spec.name}: a fragment is below the exchange's minimum amount or cost`);
    }
  }
  return plan;
}

function emptyWallet(rules: Rules, spec: WalletSpec): Wallet {
  return {
    spec,
    cycle: spec.cycle,
    weights: spec.weights.map(exactWeight),
    amountStep: rules.step,
    restingOf: (role) => rules.strategy.windows[role].resting,
    cycleNumber: 0,
    phase: 'ADVANCE',
    anchor: NOTHING,
    unitSize: NOTHING,
    levelPrice: () => NOTHING,
    unit: 0,
    top: 0,
    rungs: [],
    wholeLong: NOTHING,
    notional: NOTHING,
    balance: exact(spec.capital),
    fees: NOTHING,
    hasTraded: false,
    isResetDue: false,
    isProtectiveOnly: false,
  };
}

/** floor_lot( money·leverage / (price·(1 + leverage·takerFee)) ); nothing when the money is gone. */
function affordable(rules: Rules, money: Exact, price: Exact): Exact {
  if (!isPositive(money)) return NOTHING;
  const divisor = multiply(price, add(UNITY, multiply(rules.leverage, rules.takerFee)));
  return floorQuotient(multiply(money, rules.leverage), divisor, rules.step);
}

/** `long` is what the wallet holds now that the start's or reset's order is filled; `price` what it was filled at. */
function startCycle(rules: Rules, wallet: Wallet, long: Exact, price: Exact): void {
  wallet.anchor = nearestStep(rules.prices, price);
  if (!isPositive(wallet.anchor)) throw new HedgerowError('INPUT_INVALID', 'a price below half a tick cannot be an anchor');
  wallet.unitSize = unitSizeAt(rules.strategy.unit, wallet.anchor, rules.leverage, rules.prices, rules.atr);
  wallet.levelPrice = levelPrices(wallet.anchor, wallet.unitSize, rules.strategy.spacing, rules.prices);
  wallet.notional = multiply(long, wallet.anchor);
  wallet.phase = 'ADVANCE';
  wallet.unit = 0;
  wallet.top = -wallet.spec.confirmation;
  wallet.hasTraded = false;
  wallet.isResetDue = false;
  const isOnePiece = wallet.cycle === 'rotation';
  const fragments = fragmentsOf(long, wallet.weights, rules.step);
  wallet.rungs = fragments.map((fragment) => ({ isOut: false, held: isOnePiece ? NOTHING : fragment, shorted: NOTHING }));
  wallet.wholeLong = isOnePiece ? long : NOTHING;
}

/** Reading: the minimums are held against the fragments of the position at the anchor, for every kind of cycle. */
function canTradeFragments(rules: Rules, wallet: Wallet): boolean {
  return fragmentsOf(longOf(wallet), wallet.weights, rules.step).every((fragment) => isTradable(rules, fragment, wallet.anchor));
}

function isTradable(rules: Rules, amount: Exact, price: Exact): boolean {
  return isPositive(amount) && !isBelow(amount, rules.minAmount) && !isBelow(multiply(amount, price), rules.minCost);
}

function reset(plan: Plan, wallet: Wallet): void {
  const { rules, price } = plan;
  invariant(!isPositive(shortOf(wallet)), 'a reset finds no short');
  const held = longOf(wallet);
  const target = affordable(rules, equityOf(wallet, price), price);
  const difference = subtract(target, held);
  const amount = isPositive(difference) ? difference : negate(difference);
  const isLargeEnough = !isPositive(held) || !isBelow(amount, multiply(rules.threshold, target));
  const isTrading = isLargeEnough && isTradable(rules, amount, price);
  if (isTrading) {
    marketOrder(plan, wallet, isPositive(held) ? 'rebalance' : 'market-buy', isPositive(difference) ? 'buy' : 'sell', amount, price);
  }
  wallet.cycleNumber += 1;
  startCycle(rules, wallet, isTrading ? target : held, price);
  wallet.isProtectiveOnly = !canTradeFragments(rules, wallet);
}

// ------------------------------------------------------------------------------------------------- price and fills

/** Reading of `touch`: the price visits every level and every trigger on its way, nearest first, then stays at `goal`. */
function moveContinuously(plan: Plan, goal: Exact): void {
  const isUp = isAbove(goal, plan.price);
  for (;;) {
    const stop = nextStop(plan, goal, isUp);
    visit(plan, stop);
    if (compare(stop, goal) === 0) return;
  }
}

function nextStop(plan: Plan, goal: Exact, isUp: boolean): Exact {
  const isAhead = (price: Exact): boolean => (isUp ? isAbove(price, plan.price) : isBelow(price, plan.price));
  const isNearer = (price: Exact, than: Exact): boolean => (isUp ? isBelow(price, than) : isAbove(price, than));
  let nearest = goal;
  for (const wallet of plan.wallets) {
    const levels = [wallet.levelPrice(wallet.unit + (isUp ? 1 : -1))];
    const triggers = ladderOrders(wallet)
      .filter((order) => order.side === (isUp ? 'buy' : 'sell'))
      .map((order) => order.triggerPrice);
    for (const price of [...levels, ...triggers]) {
      if (isAhead(price) && isNearer(price, nearest)) nearest = price;
    }
  }
  return nearest;
}

/** Everything that happens at one price: touches, then fills, then resets. */
function visit(plan: Plan, price: Exact): void {
  plan.price = price;
  for (const wallet of plan.wallets) touch(plan, wallet);
  for (const wallet of plan.wallets) {
    // The orders that rested when the price arrived; what their fills bring forth waits for the next price.
    for (const order of ladderOrders(wallet)) if (isTriggered(order, price)) fillOrder(plan, wallet, order);
  }
  resetDueWallets(plan);
  updatePlanPhase(plan);
}

function isTriggered(order: ExactOrder, price: Exact): boolean {
  return order.side === 'sell' ? !isAbove(price, order.triggerPrice) : !isBelow(price, order.triggerPrice);
}

/** Moves the unit and slides the top. Reading: while the plan is paused the unit still follows the price, the top does not. */
function touch(plan: Plan, wallet: Wallet): void {
  while (!isBelow(plan.price, wallet.levelPrice(wallet.unit + 1))) wallet.unit += 1;
  while (!isAbove(plan.price, wallet.levelPrice(wallet.unit - 1))) wallet.unit -= 1;
  if (plan.isPaused) return;
  const { confirmation: m } = wallet.spec;
  const count = wallet.rungs.length;
  const out = rungsOutOf(wallet);
  const isInCash = wallet.cycle === 'rotation' && wallet.hasTraded && out === 0 && !isPositive(wallet.wholeLong);
  if (isInCash && wallet.unit >= wallet.top + 1) {
    wallet.isResetDue = true;
    plan.hasResetFromCash = true;
  }
  if (out === 0) wallet.top = Math.max(wallet.top, wallet.unit - m);
  if (out === count) wallet.top = Math.min(wallet.top, wallet.unit + m + count - 2);
}

function fillOrder(plan: Plan, wallet: Wallet, order: ExactOrder): void {
  const price = plan.rules.fill === 'touch' ? order.triggerPrice : plan.price;
  book(plan, wallet, order.role, order.side, order.level, order.amount, price);
  wallet.hasTraded = true;
  if (order.side === 'sell' && wallet.phase === 'ADVANCE') wallet.phase = 'RETRACEMENT';
  if (order.rung === null) {
    wallet.wholeLong = NOTHING;
    return;
  }
  moveRung(wallet, wallet.rungs[order.rung] as ExactRung, order);
  followRungCount(plan, wallet, order.side);
}

function moveRung(wallet: Wallet, rung: ExactRung, order: ExactOrder): void {
  if (order.side === 'sell') {
    rung.isOut = true;
    rung.shorted = subtract(order.amount, rung.held);
    rung.held = NOTHING;
  } else {
    rung.isOut = false;
    rung.held = subtract(order.amount, rung.shorted);
    rung.shorted = NOTHING;
  }
  const mustBeShort = wallet.cycle !== 'fragments';
  invariant(mustBeShort || !isPositive(rung.shorted), 'the long wallet is never short');
}

function followRungCount(plan: Plan, wallet: Wallet, side: Side): void {
  const { confirmation: m } = wallet.spec;
  const count = wallet.rungs.length;
  const out = rungsOutOf(wallet);
  if (side === 'sell' && out === count) {
    wallet.phase = 'DECLINE';
    if (!plan.isPaused) wallet.top = wallet.unit + m + count - 2;
  }
  if (side === 'buy' && wallet.phase === 'DECLINE') wallet.phase = 'RECOVERY';
  if (side === 'buy' && out === 0 && !plan.isPaused) {
    wallet.top = wallet.unit - m;
    wallet.isResetDue = true;
  }
}

/** Reading: every reset due at this price is done, in file order, before a pause that one of them causes takes effect. */
function resetDueWallets(plan: Plan): void {
  if (plan.isPaused) return;
  const { policy, onAdvance } = plan.rules.strategy.reset;
  const hasAdvanced = (wallet: Wallet): boolean => onAdvance !== null && wallet.phase === 'ADVANCE' && wallet.unit >= onAdvance;
  const isDue = (wallet: Wallet): boolean => wallet.isResetDue || hasAdvanced(wallet);
  const isJointlyDue =
    plan.wallets.every((wallet) => rungsOutOf(wallet) === 0) && plan.wallets.some((wallet) => wallet.hasTraded || hasAdvanced(wallet));
  for (const wallet of plan.wallets) {
    if (policy === 'joint' ? isJointlyDue : isDue(wallet)) reset(plan, wallet);
  }
  plan.isPaused = plan.wallets.some((wallet) => wallet.isProtectiveOnly);
}

function updatePlanPhase(plan: Plan): void {
  const isAll = (phase: WalletPhase): boolean => plan.wallets.every((wallet) => wallet.phase === phase);
  if (isAll('ADVANCE')) plan.lastExtreme = 'ADVANCE';
  else if (isAll('DECLINE')) plan.lastExtreme = 'DECLINE';
  if (isAll(plan.lastExtreme)) plan.phase = plan.lastExtreme;
  else plan.phase = plan.lastExtreme === 'ADVANCE' ? 'RETRACEMENT' : 'RECOVERY';
}

// --------------------------------------------------------------------------------------------- cash and documents

function marketOrder(plan: Plan, wallet: Wallet, role: 'market-buy' | 'rebalance', side: Side, amount: Exact, price: Exact): void {
  book(plan, wallet, role, side, null, amount, price);
}

function book(plan: Plan, wallet: Wallet, role: TraceFill['role'], side: Side, level: number | null, amount: Exact, price: Exact): void {
  const cost = multiply(price, amount);
  const fee = product(cost, plan.rules.takerFee);
  wallet.fees = add(wallet.fees, fee);
  wallet.balance = subtract(side === 'buy' ? subtract(wallet.balance, cost) : add(wallet.balance, cost), fee);
  plan.fills.push({ wallet: wallet.spec.name, role, side, level, price: textOf(price), amount: textOf(amount), fee: textOf(fee) });
}

function documentOf(plan: Plan, step: number): TraceDocument {
  return {
    step,
    price: textOf(plan.price),
    phase: plan.phase,
    wallets: plan.wallets.map((wallet) => walletOf(wallet, plan.price)),
    orders: plan.wallets.flatMap(ordersOf).sort(byWalletRoleLevel),
    fills: plan.fills,
  };
}

function readingsOf(plan: Plan): Reading[] {
  const readings: Reading[] = [];
  const isFlat = (wallet: Wallet, level: number): boolean => compare(wallet.levelPrice(level), wallet.levelPrice(level - 1)) === 0;
  if (plan.isPaused) readings.push('plan-paused');
  if (plan.hasResetFromCash) readings.push('reset-from-cash');
  for (const wallet of plan.wallets) {
    const orders = ladderOrders(wallet);
    const isAboveZero = (rung: ExactRung, index: number): boolean => isPositive(wallet.levelPrice(wallet.top - index + (rung.isOut ? 1 : 0)));
    const ofRungs = orders.filter((order) => order.rung !== null).length;
    const isMissingOne = !wallet.isProtectiveOnly && ofRungs < wallet.rungs.filter(isAboveZero).length;
    if (isMissingOne || orders.some((order) => !isTradable(plan.rules, order.amount, order.triggerPrice))) readings.push('order-below-minimum');
    if ([wallet.unit, ...orders.map((order) => order.level)].some((level) => isFlat(wallet, level))) readings.push('levels-fall-together');
  }
  return readings;
}

function walletOf(wallet: Wallet, mark: Exact): TraceWallet {
  return {
    wallet: wallet.spec.name,
    cycle: wallet.cycleNumber,
    phase: wallet.phase,
    unit: wallet.unit,
    top: wallet.top,
    rungsOut: rungsOutOf(wallet),
    long: textOf(longOf(wallet)),
    short: textOf(shortOf(wallet)),
    equity: textOf(equityOf(wallet, mark)),
    fees: textOf(wallet.fees),
    anchor: textOf(wallet.anchor),
    unitSize: textOf(wallet.unitSize),
  };
}

function ordersOf(wallet: Wallet): TraceOrder[] {
  return ladderOrders(wallet).map((order) => ({
    wallet: wallet.spec.name,
    role: order.role,
    rung: order.rung,
    side: order.side,
    level: order.level,
    triggerPrice: textOf(order.triggerPrice),
    amount: textOf(order.amount),
  }));
}

function byWalletRoleLevel(a: TraceOrder, b: TraceOrder): number {
  const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
  return byText(a.wallet, b.wallet) || byText(a.role, b.role) || b.level - a.level;
}
