/** What happened in a run, one line each, for the page that is printed beside a violation. Keeps the newest lines only (I23). */
import type { BookDelta } from '../exchange/delta.ts';
import { PATH_START_AT } from '../simulation/path-world.ts';
import { faultText } from './tape-faults.ts';
import type { TapeFault } from './tape-faults.ts';

/** One printed page. */
const LINES_MAX = 60;

export class Timeline {
  readonly #lines: string[] = [];
  #price = '';

  get lines(): readonly string[] {
    return this.#lines;
  }

  note(at: number, text: string): void {
    this.#lines.push(`${((at - PATH_START_AT) / 1_000).toFixed(3).padStart(10)}s  ${text}`);
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
  }

  fault(at: number, fault: TapeFault): void {
    this.note(at, `fault ${faultText(fault)}`);
  }

  heard({ at, prices, requests, orders, trades, events }: BookDelta): void {
    for (const { last } of prices ?? []) {
      if (last !== this.#price) this.note(at, `price ${last}`);
      this.#price = last;
    }
    for (const { kind, request, outcome, code } of requests ?? []) this.note(at, `${kind} ${request.clientOrderId} → ${outcome}${code === null ? '' : ` ${code}`}`);
    for (const { order } of orders ?? []) {
      const { clientOrderId, status, triggered, side, amount, triggerPrice, filled, reason, positionSide } = order;
      const words = [`${side} ${amount} ${positionSide ?? 'net'}`, `@${triggerPrice ?? 'market'}`, triggered ? 'fired' : '', `filled ${filled}`, reason ?? ''];
      this.note(at, `  order ${clientOrderId} ${status} ${words.filter((word) => word !== '').join(' ')}`);
    }
    for (const { clientOrderId, side, amount, price } of trades ?? []) this.note(at, `  trade ${side} ${amount} at ${price} (${clientOrderId ?? 'nobody'})`);
    for (const event of events ?? []) this.note(at, `  ${event.type}`);
  }
}
