/**
 * The orders of the windows as they rested: which wallet's window stood at which price from when until when. A window stands at a price
 * as long as anything of it rests there: two legs of one flip are one row, and one that leaves and comes back at one moment never left.
 */
import { FloatColumns } from './run-logs.ts';
import { WINDOW_ROLES } from './run-record.ts';
import type { WindowColumns } from './run-record.ts';

export type WindowRole = (typeof WINDOW_ROLES)[number];

const WALLET = 0;
const ROLE = 1;
const PRICE = 2;
const FROM = 3;
const UNTIL = 4;

/** `WINDOW_ROLES` in the place of names. */
export function windowRoleIndex(role: WindowRole): number {
  return WINDOW_ROLES.indexOf(role);
}

export class WindowLog {
  readonly #columns = new FloatColumns(5);
  /** By wallet and role: row by price, of what rests and of what has just gone. */
  readonly #open = new Map<number, Map<number, number>>();
  readonly #gone = new Map<number, Map<number, number>>();

  /** Nothing changes where it rests already. `wallet`: index in file order; `role`: index into `WINDOW_ROLES`. */
  placed(at: number, wallet: number, role: number, price: number): void {
    const key = wallet * WINDOW_ROLES.length + role;
    const open = mapAt(this.#open, key);
    if (open.has(price)) return;
    const gone = mapAt(this.#gone, key);
    const before = gone.get(price);
    gone.delete(price);
    if (before !== undefined && this.#columns.get(UNTIL, before) === at) {
      open.set(price, before);
      return;
    }
    const row = this.#columns.add();
    this.#columns.set(WALLET, row, wallet);
    this.#columns.set(ROLE, row, role);
    this.#columns.set(PRICE, row, price);
    this.#columns.set(FROM, row, at);
    open.set(price, row);
  }

  /** Nothing changes where nothing rests. */
  gone(at: number, wallet: number, role: number, price: number): void {
    const key = wallet * WINDOW_ROLES.length + role;
    const open = mapAt(this.#open, key);
    const row = open.get(price);
    if (row === undefined) return;
    open.delete(price);
    this.#columns.set(UNTIL, row, at);
    const gone = mapAt(this.#gone, key);
    // Only what has gone at this very moment can come back.
    if (gone.size > 0 && this.#columns.get(UNTIL, gone.values().next().value as number) !== at) gone.clear();
    gone.set(price, row);
  }

  /** What rests, as [wallet, role, price]. */
  *resting(): Generator<readonly [wallet: number, role: number, price: number]> {
    for (const [key, rows] of this.#open) for (const price of rows.keys()) yield [Math.floor(key / WINDOW_ROLES.length), key % WINDOW_ROLES.length, price];
  }

  /** By time of placement, then wallet, role and price; without what was there for no time at all. */
  columns(wallets: number, endsAt: number): WindowColumns {
    const columns = this.#columns;
    const isOpen = new Set([...this.#open.values()].flatMap((rows) => [...rows.values()]));
    const until = (row: number): number => (isOpen.has(row) ? endsAt : columns.get(UNTIL, row));
    const rank = (row: number): number => columns.get(WALLET, row) * WINDOW_ROLES.length + columns.get(ROLE, row);
    const rows: number[] = [];
    for (let row = 0; row < columns.length; row += 1) if (until(row) > columns.get(FROM, row) && columns.get(WALLET, row) < wallets) rows.push(row);
    rows.sort((a, b) => columns.get(FROM, a) - columns.get(FROM, b) || rank(a) - rank(b) || columns.get(PRICE, a) - columns.get(PRICE, b));
    return {
      length: rows.length,
      wallet: Uint8Array.from(rows, (row) => columns.get(WALLET, row)),
      role: Uint8Array.from(rows, (row) => columns.get(ROLE, row)),
      price: Float64Array.from(rows, (row) => columns.get(PRICE, row)),
      from: Float64Array.from(rows, (row) => columns.get(FROM, row)),
      until: Float64Array.from(rows, until),
    };
  }
}

function mapAt(maps: Map<number, Map<number, number>>, key: number): Map<number, number> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}
