/** What the live engine does along a tape, told to a `RunRecorder`: from the steps of its machines and the events of the exchange. */
import { dec, plain } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import { touchUnit } from '../domain/grid.ts';
import type { Fill } from '../domain/ladder.ts';
import { balanceOf, equityOf, unrealisedOf } from '../domain/ledger.ts';
import type { WalletName } from '../domain/strategy.ts';
import { gridOf, longOf, positionOf, shortOf } from '../domain/wallet.ts';
import type { WalletFacts } from '../domain/wallet.ts';
import type { RunnerObserver } from '../engine/journalled-machines.ts';
import type { PlanRunner } from '../engine/plan-runner.ts';
import { factsOf, operationOf, phaseOf, planFactsOf, planPhaseOf } from '../engine/step.ts';
import type { PlanInputEvent, PlanState, WalletState } from '../engine/step.ts';
import { resetReason } from '../engine/step-note.ts';
import type { ExchangeEvent, TradeRecord } from '../ports/exchange.ts';
import type { FillRow, LiquidationRow } from './run-record.ts';
import { WINDOW_ROLES } from './run-record.ts';
import type { LastState, RunRecorder } from './run-recorder.ts';

/** What an order that traded at this price asked for. */
interface Asked {
  readonly triggerPrice: DecimalString | null;
  /** The last price when it traded. */
  readonly last: DecimalString;
  readonly takerOrMaker: TradeRecord['takerOrMaker'];
}

/** What rests, by wallet, role and price. */
type Resting = Map<string, readonly [wallet: number, role: number, price: number]>;

export class LiveRecording implements RunnerObserver {
  readonly #recorder: RunRecorder;
  readonly #order: ReadonlyMap<WalletName, number>;
  /** Triggers of open orders by client id; those of closed ones until the price moves on. */
  readonly #triggers = new Map<string, DecimalString | null>();
  readonly #closed: string[] = [];
  /** By trade id, of this price. */
  readonly #trades = new Map<string, Asked>();
  readonly #equityAtReset = new Map<WalletName, DecimalString>();
  #last: DecimalString = '0';
  #lastFill: FillRow | null = null;
  #isStarted = false;
  #hasMoved = false;
  #hasOrders = false;
  #windows: Resting = new Map();

  constructor(recorder: RunRecorder) {
    this.#recorder = recorder;
    this.#order = new Map(recorder.setup.wallets.map(({ name }, index) => [name, index]));
  }

  /** Something happened to an order or the machines since the last price was answered. */
  get hasHeard(): boolean {
    return this.#hasOrders || this.#hasMoved;
  }

  /** Every event of the exchange, before the engine hears it. */
  heard(event: ExchangeEvent): void {
    switch (event.type) {
      case 'price':
        this.#last = event.last;
        return;
      case 'order': {
        const { clientOrderId, triggerPrice, status } = event.order;
        this.#hasOrders = true;
        this.#triggers.set(clientOrderId, triggerPrice);
        if (status !== 'open') this.#closed.push(clientOrderId);
        return;
      }
      case 'trade': {
        const { id, clientOrderId, takerOrMaker } = event.trade;
        this.#trades.set(id, { triggerPrice: this.#triggers.get(clientOrderId ?? '') ?? null, last: this.#last, takerOrMaker });
        return;
      }
      default:
        return;
    }
  }

  stepped(before: PlanState, after: PlanState, input: PlanInputEvent, at: number, about: Readonly<Record<string, unknown>>): void {
    if (!this.#isStarted) this.#noteStart(before, at);
    this.#noteInput(before, input, at, about as { readonly tradeId?: string; readonly rate?: string; readonly markPrice?: string });
    after.wallets.forEach((wallet, index) => {
      const earlier = before.wallets[index];
      if (earlier === undefined || earlier === wallet) return;
      this.#hasMoved ||= factsOf(earlier).ledger !== factsOf(wallet).ledger || factsOf(earlier).rungs !== factsOf(wallet).rungs || factsOf(earlier).coreLong !== factsOf(wallet).coreLong;
      this.#noteWallet(earlier, wallet, input, at);
    });
    if (planPhaseOf(before) !== planPhaseOf(after)) this.#recorder.phase(at, 'plan', planPhaseOf(after));
    if (operationOf(before) !== operationOf(after)) this.#recorder.operation(at, operationOf(after), planFactsOf(after).reason);
  }

  #noteStart(state: PlanState, at: number): void {
    this.#isStarted = true;
    this.#hasMoved = true;
    this.#recorder.phase(at, 'plan', planPhaseOf(state));
    for (const wallet of state.wallets) {
      this.#recorder.phase(at, wallet.name, phaseOf(wallet));
      this.#equityAtReset.set(wallet.name, equityAt(factsOf(wallet)));
    }
    this.#recorder.operation(at, operationOf(state), planFactsOf(state).reason);
  }

  /** The run goes on from this state, of which the recorder knows everything. */
  goOn(state: PlanState): void {
    this.#isStarted = true;
    for (const window of this.#recorder.windows.resting()) put(this.#windows, window);
    for (const wallet of state.wallets) if (phaseOf(wallet) === 'RESET') this.#equityAtReset.set(wallet.name, equityAt(factsOf(wallet)));
  }

  #noteInput(before: PlanState, input: PlanInputEvent, at: number, about: { readonly tradeId?: string; readonly rate?: string; readonly markPrice?: string }): void {
    if (input.to !== 'wallet') return;
    const { wallet, event } = input;
    switch (event.type) {
      case 'fill.booked':
        this.#noteFill(before, wallet, event.fill, about.tradeId ?? '');
        return;
      case 'funding.booked':
        this.#recorder.funding.push({ at, wallet, amount: event.amount, rate: about.rate ?? '0', markPrice: about.markPrice ?? '0' });
        return;
      case 'position.taken': {
        const { leg, price, amount, fee } = event.taken;
        if (about.tradeId === undefined) this.#recorder.liquidations.push({ at, wallet, leg: leg as LiquidationRow['leg'], price, amount, fee });
        else if (this.#lastFill !== null) this.#push({ ...this.#lastFill, wallet, cycle: cycleOf(before, wallet), leg, price, amount, fee }, this.#trades.get(about.tradeId));
        return;
      }
      default:
        return;
    }
  }

  #noteFill(before: PlanState, wallet: WalletName, fill: Fill, tradeId: string): void {
    const { role, level, leg, price, amount, fee, at } = fill;
    const asked = this.#trades.get(tradeId);
    const facts = before.wallets.find(({ name }) => name === wallet)?.snapshot.context;
    const begins = role === 'market-buy' || role === 'rebalance';
    const cycle = begins ? (facts?.isOpened === true ? fill.cycle + 1 : 0) : fill.cycle;
    this.#push({ at, wallet, cycle, role, level, leg, side: 'buy', price, amount, fee, takerOrMaker: 'taker', slippage: '0' }, asked);
  }

  #push(row: FillRow, asked: Asked | undefined): void {
    const side = row.leg === 'open-long' || row.leg === 'close-short' ? 'buy' : 'sell';
    const wanted = dec(asked?.triggerPrice ?? asked?.last ?? row.price);
    const lost = side === 'buy' ? dec(row.price).minus(wanted) : wanted.minus(row.price);
    this.#lastFill = { ...row, side, takerOrMaker: asked?.takerOrMaker ?? 'taker', slippage: plain(lost.times(row.amount)) };
    this.#recorder.fills.push(this.#lastFill);
  }

  #noteWallet(earlier: WalletState, wallet: WalletState, input: PlanInputEvent, at: number): void {
    const { name } = wallet;
    const [from, to] = [phaseOf(earlier), phaseOf(wallet)];
    const [was, is] = [factsOf(earlier), factsOf(wallet)];
    if (from !== to) this.#recorder.phase(at, name, to);
    if (from !== 'RESET' && to === 'RESET') this.#equityAtReset.set(name, equityAt(is));
    if (was.cycle === is.cycle && was.isOpened === is.isOpened) return;
    const { cycle, anchor, unitSize } = is;
    const peakUnit = was.isOpened ? Math.max(was.peakUnit, unitSeen(was, from, input)) : 0;
    const valleyUnit = was.isOpened ? Math.min(was.valleyUnit, unitSeen(was, from, input)) : 0;
    const equity = this.#equityAtReset.get(name) ?? equityAt(is);
    this.#equityAtReset.delete(name);
    this.#recorder.cycles.push({ at, wallet: name, cycle, reason: resetReason(earlier, input), anchor, unitSize, equity, peakUnit, valleyUnit });
  }

  /** The bot has answered this price. */
  settled(at: number, runner: PlanRunner): void {
    const { state } = runner;
    if (state === null) return;
    if (!this.#isStarted) this.#noteStart(state, at);
    if (this.#hasMoved) this.#noteHoldings(state, at);
    if (this.#hasOrders) this.#noteWindows(runner, at);
    this.#hasMoved = false;
    this.#hasOrders = false;
    this.#lastFill = null;
    this.#trades.clear();
    for (const id of this.#closed) this.#triggers.delete(id);
    this.#closed.length = 0;
  }

  #noteHoldings(state: PlanState, at: number): void {
    const { holdings } = this.#recorder;
    holdings.begin(at);
    state.wallets.forEach((wallet, index) => {
      const facts = factsOf(wallet);
      holdings.set(index, nearest(balanceOf(facts.ledger)), nearest(positionOf(facts)), nearest(longOf(facts).plus(shortOf(facts))));
    });
  }

  #noteWindows(runner: PlanRunner, at: number): void {
    const resting: Resting = new Map();
    for (const { legs, triggerPrice, isTriggered, status, finalStatus } of runner.workingOrders) {
      if (triggerPrice === null || isTriggered || status === 'committed' || finalStatus !== null) continue;
      for (const leg of legs) {
        const role = (WINDOW_ROLES as readonly string[]).indexOf(leg.role);
        if (role >= 0) put(resting, [this.#order.get(leg.wallet) ?? 0, role, Number(triggerPrice)]);
      }
    }
    const { windows } = this.#recorder;
    for (const [key, window] of this.#windows) if (!resting.has(key)) windows.gone(at, ...window);
    for (const [key, window] of resting) if (!this.#windows.has(key)) windows.placed(at, ...window);
    this.#windows = resting;
  }
}

function put(resting: Resting, window: readonly [wallet: number, role: number, price: number]): void {
  resting.set(window.join(' '), window);
}

/** The unit the wallet saw with this very input, where a touch ended its cycle at once. */
function unitSeen(facts: WalletFacts, phase: string, input: PlanInputEvent): number {
  if (phase === 'RESET' || input.to === 'plan' || input.event.type !== 'price.touched') return facts.unit;
  return touchUnit(gridOf(facts), facts.unit, input.event.price);
}

function cycleOf(state: PlanState, wallet: WalletName): number {
  return state.wallets.find(({ name }) => name === wallet)?.snapshot.context.cycle ?? 0;
}

function equityAt(facts: WalletFacts): DecimalString {
  return plain(equityOf(facts.ledger, positionOf(facts), dec(facts.price)));
}

function nearest(value: D): number {
  return Number(plain(value));
}

/** The wallets as they stand at this mark price. */
export function lastStates(state: PlanState, mark: DecimalString): LastState[] {
  return state.wallets.map((wallet) => {
    const facts = factsOf(wallet);
    const { capital, realised, fees, funding } = facts.ledger;
    const position = positionOf(facts);
    return {
      wallet: wallet.name,
      capital,
      equity: plain(equityOf(facts.ledger, position, dec(mark))),
      realised,
      unrealised: plain(unrealisedOf(facts.ledger, position, dec(mark))),
      fees,
      funding,
      long: plain(longOf(facts)),
      short: plain(shortOf(facts)),
      cycle: facts.cycle,
      phase: phaseOf(wallet),
      peakUnit: facts.peakUnit,
      valleyUnit: facts.valleyUnit,
    };
  });
}
