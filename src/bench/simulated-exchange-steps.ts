/** The simulated exchange by itself: ticks that do nothing, ticks that fire an order, and requests. */
import type { OrderRequest, Side, WriteOutcome } from '../ports/exchange.ts';
import { SimulatedExchange } from '../sim/exchange/simulated-exchange.ts';
import type { Bench, OpenBench } from './bench.ts';
import { START_PRICE, benchInstrument } from './bench-strategies.ts';
import { rateOf } from './measure.ts';

const ROUND_MS = 250;
/** A ladder's worth of resting stops. */
const RESTING = 10;
const IDLE_TICKS = 1_000;
const SYMBOL = 'BTC/USDT:USDT';
const ACCOUNT = 'main';

const IDLE = `idle ticks, ${RESTING} stops resting`;
const FIRING = 'ticks that fire and fill one stop each';
const REQUESTS = 'requests, placing and cancelling by turns';

export const simulatedExchangeSteps: Bench = {
  group: 'simulated exchange',
  warmsUp: true,
  rows: [
    { name: IDLE, unit: 'ticks/s' },
    { name: FIRING, unit: 'ticks/s', yardstick: IDLE, note: `of a ladder of ${RESTING} stops; placing them is in it` },
    { name: REQUESTS, unit: 'requests/s' },
  ],
  open: async (): Promise<OpenBench> => {
    const idle = new DrivenExchange();
    await idle.placeStops('sell', 1, RESTING);
    const firing = new DrivenExchange();
    const requests = new DrivenExchange();
    await requests.placeStops('sell', 1, RESTING);
    return {
      round: async () => ({
        [IDLE]: [await rateOf(ROUND_MS, () => idle.idleTicks(IDLE_TICKS))],
        [FIRING]: [await rateOf(ROUND_MS, () => firing.ladderDownAndUp())],
        [REQUESTS]: [await rateOf(ROUND_MS, () => requests.placeAndCancel())],
      }),
      close: async () => {},
    };
  },
};

class DrivenExchange {
  readonly #exchange: SimulatedExchange;
  #at = 1;
  #orders = 0;

  constructor() {
    this.#exchange = new SimulatedExchange({ markets: [benchInstrument(SYMBOL)], accounts: [{ account: ACCOUNT, deposit: '1000000000', positionMode: 'hedge' }], keepHistory: false });
    this.#tick(0);
  }

  idleTicks(count: number): number {
    for (let tick = 0; tick < count; tick += 1) this.#tick((tick % 9) / 10);
    return count;
  }

  /** Shorts opened one by one on the way down, closed one by one on the way up. */
  async ladderDownAndUp(): Promise<number> {
    await this.placeStops('sell', 1, RESTING);
    for (let level = 1; level <= RESTING; level += 1) this.#tick(-level);
    await this.placeStops('buy', -RESTING + 1, RESTING);
    for (let level = RESTING - 1; level >= 0; level -= 1) this.#tick(-level);
    return 2 * RESTING;
  }

  async placeAndCancel(): Promise<number> {
    const request = this.#stop('sell', START_PRICE - RESTING - 1);
    done(await this.#exchange.placeOrder(request));
    done(await this.#exchange.cancelOrder(request));
    return 2;
  }

  /** Sells from `first` below the start downwards, or buys from `first` above it upwards, a price of 1 apart. */
  async placeStops(side: Side, first: number, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const distance = first + index;
      done(await this.#exchange.placeOrder(this.#stop(side, side === 'sell' ? START_PRICE - distance : START_PRICE + distance)));
    }
  }

  #stop(side: Side, triggerPrice: number): OrderRequest {
    this.#orders += 1;
    return {
      account: ACCOUNT,
      symbol: SYMBOL,
      clientOrderId: `b${this.#orders}`,
      side,
      type: 'stop-market',
      amount: '1',
      price: null,
      triggerPrice: String(triggerPrice),
      triggerBy: 'last',
      positionSide: 'short',
      reduceOnly: false,
      postOnly: false,
    };
  }

  #tick(distance: number): void {
    this.#at += 1;
    const price = (START_PRICE + distance).toFixed(1);
    this.#exchange.tick({ symbol: SYMBOL, at: this.#at, last: price, mark: price, index: price });
  }
}

function done(outcome: WriteOutcome<unknown>): void {
  if (outcome.type !== 'done') throw new Error(`the simulated exchange did not do it: ${outcome.message}`);
}
