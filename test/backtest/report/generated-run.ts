/**
 * A run that looks like one, made up: a random walk of minutes with regimes, and a long wallet and a rotating hedge wallet that trade it
 * in floats. For tests of what is drawn and packed; what a backtest really does is tested elsewhere.
 */
import type { CandleColumns } from '../../../src/domain/candle-columns.ts';
import { WINDOW_ROLES } from '../../../src/backtest/run-record.ts';
import type { CycleRow, FillRow, FundingRow, PhaseRow, RunRecord } from '../../../src/backtest/run-record.ts';
import type { WalletName } from '../../../src/domain/strategy.ts';
import type { Phase } from '../../../machines/wallet-cycle.ts';

const MINUTE_MS = 60_000;
const RUNGS = 4;
const TAKER_FEE = 0.0002;
const FUNDING_MS = 8 * 3_600_000;
const PRICE_DECIMALS = 1;

/** xorshift32: fast enough for millions of candles. */
function randomFractions(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

/** Minutes of a walk of about 60 % a year, calm and wild by turns, with a few gaps. */
export function generatedCandles(length: number, { seed = 16, from = Date.UTC(2020, 0, 1), gapEvery = 400_000 } = {}): CandleColumns {
  const random = randomFractions(seed);
  const bell = (): number => (random() + random() + random() + random() - 2) * 1.7;
  const at = new Float64Array(length);
  const [open, high, low, close] = [new Int32Array(length), new Int32Array(length), new Int32Array(length), new Int32Array(length)];
  let price = 72_000;
  let volatility = 0.0006;
  let time = from;
  for (let i = 0; i < length; i += 1) {
    volatility = Math.min(0.0014, Math.max(0.0003, volatility * (1 + 0.01 * bell())));
    const move = price * volatility;
    const o = Math.round(price + (random() < 0.1 ? move * 0.2 * bell() : 0));
    const c = Math.max(100, Math.round(o + move * bell() + 0.05));
    at[i] = time;
    open[i] = o;
    close[i] = c;
    high[i] = Math.round(Math.max(o, c) + Math.abs(move * bell()) * 0.5);
    low[i] = Math.max(50, Math.round(Math.min(o, c) - Math.abs(move * bell()) * 0.5));
    price = c;
    time += (i + 1) % gapEvery === 0 ? 95 * MINUTE_MS : MINUTE_MS;
  }
  return { timeframeMs: MINUTE_MS, length, priceDecimals: PRICE_DECIMALS, at, open, high, low, close, volume: new Float64Array(length).fill(3) };
}

interface Resting {
  readonly role: string;
  readonly price: number;
  readonly from: number;
}

class WalletWalk {
  readonly name: WalletName;
  readonly capital: number;
  readonly rotates: boolean;
  balance: number;
  long = 0;
  short = 0;
  anchor = 0;
  unit = 1;
  current = 0;
  top = 0;
  out = 0;
  cycle = 0;
  phase: Phase = 'ADVANCE';
  lot = 0;
  readonly rungs: number[] = [];
  fees = 0;
  peak = 0;
  valley = 0;
  startedAt = 0;
  equityAtStart = 0;
  cycleFees = 0;
  cycleFills = 0;
  readonly levelsDown = new Set<number>();
  readonly resting = new Map<string, Resting>();

  constructor(name: WalletName, capital: number, rotates: boolean) {
    this.name = name;
    this.capital = capital;
    this.balance = capital;
    this.rotates = rotates;
  }

  level(unit: number): number {
    return this.anchor + unit * this.unit;
  }

  equity(price: number): number {
    return this.balance + (this.long - this.short) * price;
  }
}

const lots = (value: number): number => Math.floor(value * 10_000) / 10_000;
const text = (value: number, digits: number): string => String(Number(value.toFixed(digits)));

/** The walk of both wallets over the candles. */
export function generatedRun(candles: CandleColumns, { unit = 0.01, plan = 'btc-rotation', symbol = 'BTC/USDT:USDT' } = {}): RunRecord {
  const scale = 10 ** candles.priceDecimals;
  const wallets = [new WalletWalk('long', 5_000, false), new WalletWalk('hedge', 5_000, true)];
  const fills: FillRow[] = [];
  const funding: FundingRow[] = [];
  const cycles: CycleRow[] = [];
  const phases: PhaseRow[] = [];
  const windows = { wallet: [] as number[], role: [] as number[], price: [] as number[], from: [] as number[], until: [] as number[] };
  const holdings = { at: [] as number[], balance: wallets.map(() => [] as number[]), position: wallets.map(() => [] as number[]), gross: wallets.map(() => [] as number[]) };
  let planPhase: Phase | null = null;
  let slips = 0;

  const hold = (at: number): void => {
    if (holdings.at.at(-1) === at) for (const column of [holdings.at, ...holdings.balance, ...holdings.position, ...holdings.gross]) column.pop();
    holdings.at.push(at);
    for (const [i, wallet] of wallets.entries()) {
      holdings.balance[i]?.push(wallet.balance);
      holdings.position[i]?.push(wallet.long - wallet.short);
      holdings.gross[i]?.push(wallet.long + wallet.short);
    }
  };
  const enter = (wallet: WalletWalk, phase: Phase, at: number): void => {
    if (wallet.phase === phase && phases.some(({ of }) => of === wallet.name)) return;
    wallet.phase = phase;
    phases.push({ at, of: wallet.name, phase });
    const all = wallets.every((each) => each.phase === wallet.phase) ? wallet.phase : planPhase === 'DECLINE' || planPhase === 'RECOVERY' ? 'RECOVERY' : 'RETRACEMENT';
    if (all !== planPhase) phases.push({ at, of: 'plan', phase: all });
    planPhase = all;
  };
  const fill = (wallet: WalletWalk, at: number, role: FillRow['role'], level: number | null, leg: FillRow['leg'], amount: number, price: number): void => {
    if (amount <= 0) return;
    const side = leg === 'open-long' || leg === 'close-short' ? 'buy' : 'sell';
    const fee = price * amount * TAKER_FEE;
    slips = (slips * 48_271 + 11) % 2_147_483_647;
    const slippage = price * amount * 0.0001 * ((slips % 10) / 10);
    wallet.balance += (side === 'buy' ? -price : price) * amount - fee;
    wallet.fees += fee;
    wallet.cycleFees += fee;
    wallet.cycleFills += 1;
    if (leg === 'open-long') wallet.long = lots(wallet.long + amount + 1e-9);
    if (leg === 'close-long') wallet.long = lots(wallet.long - amount + 1e-9);
    if (leg === 'open-short') wallet.short = lots(wallet.short + amount + 1e-9);
    if (leg === 'close-short') wallet.short = lots(wallet.short - amount + 1e-9);
    if (side === 'sell' && level !== null) wallet.levelsDown.add(level);
    fills.push({ at, wallet: wallet.name, cycle: wallet.cycle, role, level, leg, side, price: text(price, 1), amount: text(amount, 4), fee: text(fee, 8), takerOrMaker: 'taker', slippage: text(slippage, 8) });
  };
  const endCycle = (wallet: WalletWalk, at: number | null, price: number, reason: CycleRow['reason']): void => {
    cycles.push({
      wallet: wallet.name, cycle: wallet.cycle, startedAt: wallet.startedAt, endedAt: at, reason, anchor: text(wallet.anchor, 1), unitSize: text(wallet.unit, 1),
      equityAtStart: text(wallet.equityAtStart, 8), equityAtEnd: text(wallet.equity(price), 8), peakUnit: wallet.peak, valleyUnit: wallet.valley, fills: wallet.cycleFills,
      levelsDown: wallet.levelsDown.size, fees: text(wallet.cycleFees, 8), funding: '0',
    });
  };
  const begin = (wallet: WalletWalk, at: number, price: number): void => {
    wallet.startedAt = at;
    wallet.equityAtStart = wallet.equity(price);
    wallet.cycleFees = 0;
    wallet.cycleFills = 0;
    wallet.levelsDown.clear();
    const target = lots(wallet.equity(price) / (price * (1 + TAKER_FEE)));
    const isEmpty = wallet.long === 0;
    if (target > wallet.long) fill(wallet, at, isEmpty ? 'market-buy' : 'rebalance', null, 'open-long', target - wallet.long, price);
    wallet.anchor = price;
    wallet.unit = Math.round(price * unit * 10) / 10;
    wallet.current = wallet.peak = wallet.valley = 0;
    wallet.out = 0;
    wallet.top = -1;
    wallet.lot = lots(wallet.long / RUNGS);
    wallet.rungs.length = 0;
    enter(wallet, 'ADVANCE', at);
  };
  const reset = (wallet: WalletWalk, at: number, price: number, reason: CycleRow['reason']): void => {
    endCycle(wallet, at, price, reason);
    wallet.cycle += 1;
    begin(wallet, at, price);
  };
  const rest = (wallet: WalletWalk, at: number): void => {
    const wanted = new Map<string, Resting>();
    const want = (role: string, unitLevel: number): void => {
      wanted.set(`${role}/${unitLevel}`, { role, price: wallet.level(unitLevel), from: at });
    };
    if (wallet.rotates && wallet.long > 0) want('stop-loss', wallet.top);
    for (let j = wallet.out; j < RUNGS; j += 1) if (!wallet.rotates || wallet.long > 0 || wallet.out > 0) want(wallet.rotates ? 'stop-entry-short' : 'stop-loss', wallet.top - j);
    for (let j = 0; j < wallet.out; j += 1) want(wallet.rotates ? 'cover' : 'stop-entry-long', wallet.top - j + 1);
    for (const [key, order] of wallet.resting) {
      const next = wanted.get(key);
      if (next !== undefined && next.price === order.price) continue;
      windows.wallet.push(wallets.indexOf(wallet));
      windows.role.push(WINDOW_ROLES.indexOf(order.role as (typeof WINDOW_ROLES)[number]));
      windows.price.push(order.price);
      windows.from.push(order.from);
      windows.until.push(at);
      wallet.resting.delete(key);
    }
    for (const [key, order] of wanted) if (!wallet.resting.has(key)) wallet.resting.set(key, order);
  };
  const touch = (wallet: WalletWalk, at: number, direction: 1 | -1): void => {
    wallet.current += direction;
    wallet.peak = Math.max(wallet.peak, wallet.current);
    wallet.valley = Math.min(wallet.valley, wallet.current);
    const price = wallet.level(wallet.current);
    let traded = false;
    while (wallet.out < RUNGS && wallet.current <= wallet.top - wallet.out && (!wallet.rotates || wallet.long > 0 || wallet.out > 0)) {
      const level = wallet.top - wallet.out;
      if (wallet.rotates) {
        fill(wallet, at, 'stop-loss', level, 'close-long', wallet.long, price);
        fill(wallet, at, 'stop-entry-short', level, 'open-short', wallet.lot, price);
        wallet.rungs.push(wallet.lot);
      } else {
        const amount = wallet.out === RUNGS - 1 ? wallet.long : wallet.lot;
        fill(wallet, at, 'stop-loss', level, 'close-long', amount, price);
        wallet.rungs.push(amount);
      }
      wallet.out += 1;
      traded = true;
      enter(wallet, wallet.out === RUNGS ? 'DECLINE' : 'RETRACEMENT', at);
    }
    while (wallet.out > 0 && wallet.current >= wallet.top - wallet.out + 2) {
      const level = wallet.top - wallet.out + 2;
      const amount = wallet.rungs.pop() ?? 0;
      fill(wallet, at, wallet.rotates ? 'cover' : 'stop-entry-long', level, wallet.rotates ? 'close-short' : 'open-long', amount, price);
      wallet.out -= 1;
      traded = true;
      enter(wallet, 'RECOVERY', at);
      if (wallet.out === 0) return reset(wallet, at, price, 'ladder-complete');
    }
    if (wallet.out === 0) wallet.top = Math.max(wallet.top, wallet.current - 1);
    if (wallet.out === RUNGS) wallet.top = Math.min(wallet.top, wallet.current + 1 + RUNGS - 2);
    if (traded) hold(at);
  };
  const visit = (at: number, price: number): void => {
    for (const wallet of wallets) {
      let moved = false;
      while (price >= wallet.level(wallet.current + 1)) {
        touch(wallet, at, 1);
        moved = true;
      }
      while (price <= wallet.level(wallet.current - 1)) {
        touch(wallet, at, -1);
        moved = true;
      }
      if (moved) {
        hold(at);
        rest(wallet, at);
      }
    }
  };

  const first = (candles.open[0] ?? 0) / scale;
  const from = candles.at[0] ?? 0;
  for (const wallet of wallets) begin(wallet, from, first);
  hold(from);
  for (const wallet of wallets) rest(wallet, from);
  let fundingAt = Math.ceil((from + 1) / FUNDING_MS) * FUNDING_MS;
  let time = from;
  for (let i = 0; i < candles.length; i += 1) {
    const at = candles.at[i] ?? 0;
    const [o, h, l, c] = [candles.open, candles.high, candles.low, candles.close].map((column) => (column[i] ?? 0) / scale) as [number, number, number, number];
    if (at >= fundingAt) {
      for (const wallet of wallets) {
        const amount = -(wallet.long - wallet.short) * o * 0.0001;
        wallet.balance += amount;
        funding.push({ at, wallet: wallet.name, amount: text(amount, 8), rate: '0.0001', markPrice: text(o, 1) });
      }
      hold(at);
      fundingAt += FUNDING_MS;
    }
    visit(at, o);
    visit(at + 19_999, c >= o ? l : h);
    visit(at + 39_999, c >= o ? h : l);
    time = at + 59_999;
    visit(time, c);
  }
  const last = (candles.close[candles.length - 1] ?? 0) / scale;
  for (const wallet of wallets) {
    endCycle(wallet, null, last, null);
    for (const order of wallet.resting.values()) {
      windows.wallet.push(wallets.indexOf(wallet));
      windows.role.push(WINDOW_ROLES.indexOf(order.role as (typeof WINDOW_ROLES)[number]));
      windows.price.push(order.price);
      windows.from.push(order.from);
      windows.until.push(time);
    }
  }
  const floats = (values: readonly number[]): Float64Array => Float64Array.from(values);
  return {
    plan, symbol, timeframeMs: candles.timeframeMs, from, to: time, candles: candles.length, path: 'ohlc', wallets: ['long', 'hedge'], capital: '10000',
    firstPrice: text(first, 1), lastPrice: text(last, 1), equity: text(wallets.reduce((sum, wallet) => sum + wallet.equity(last), 0), 8),
    ends: wallets.map((wallet) => ({
      wallet: wallet.name, capital: '5000', equity: text(wallet.equity(last), 8), realised: text(wallet.equity(last) - wallet.capital, 8), unrealised: '0', fees: text(wallet.fees, 8),
      funding: text(funding.reduce((sum, row) => sum + (row.wallet === wallet.name ? Number(row.amount) : 0), 0), 8), long: text(wallet.long, 4), short: text(wallet.short, 4), cycle: wallet.cycle, phase: wallet.phase,
    })),
    fills, funding, liquidations: [], cycles, phases, operations: [{ at: from, operation: 'running', reason: null }],
    windows: { length: windows.price.length, wallet: Uint8Array.from(windows.wallet), role: Uint8Array.from(windows.role), price: floats(windows.price), from: floats(windows.from), until: floats(windows.until) },
    holdings: { length: holdings.at.length, at: floats(holdings.at), balance: holdings.balance.map(floats), position: holdings.position.map(floats), gross: holdings.gross.map(floats) },
    ambiguousCandles: Math.floor(fills.length / 40), detours: [],
  };
}
