/**
 * `POST /exchange`: signed actions. The signature decides who acts, the nonce that he acts once, `expiresAfter` until when. An action
 * fails as a whole with `err`, or is answered row by row. Builder fees, referrers and take-profit orders are not taken: the first two
 * because no client of ours may send them, the last because the simulated exchange has only stops.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { OrderRecord, OrderRequest, RefusalCode, WriteOutcome } from '../../../ports/exchange.ts';
import { REFUSALS } from '../../../ports/exchange.ts';
import type { WireWorld } from '../wire-world.ts';
import type { Addresses } from './addresses.ts';
import { isOnPriceGrid } from './assets.ts';
import type { Asset, Assets } from './assets.ts';
import { bboText } from './info-desk.ts';
import { signerOf } from './l1-signature.ts';
import type { Network } from './l1-signature.ts';
import { Nonces } from './nonces.ts';
import { DOCUMENTED, SEEN, refusalText } from './refusal-texts.ts';
import type { WireBook } from './wire-book.ts';
import { Undeserialisable, addressField, booleanOf, cloidField, decimalField, fieldsOf, integerOf, listOf, textOf } from './wire-json.ts';
import type { Fields } from './wire-json.ts';

/** What arrived and who had signed it, for tests: also what was turned away. */
export interface ReceivedAction {
  readonly type: string;
  readonly signer: string | null;
  readonly account: string | null;
  readonly body: Json;
  readonly answer: Json;
}

export interface ActionParts {
  readonly world: WireWorld;
  readonly assets: Assets;
  readonly addresses: Addresses;
  readonly book: WireBook;
  readonly network: Network;
}

/** An account with so many open orders gets no more triggers and reduce-only orders. */
const OPEN_ORDERS_MAX = 1_000;
const SCHEDULE_MIN_MS = 5_000;
const RECEIVED_KEPT = 10_000;
const DEFAULT = { status: 'ok', response: { type: 'default' } };

/** The action fails as a whole. */
class Failed extends Error {}
/** What became of it is not known here: the exchange did not say. */
export class NoAnswer extends Error {}

export class ActionDesk {
  readonly received: ReceivedAction[] = [];
  readonly #parts: ActionParts;
  readonly #nonces = new Nonces();
  /** Account → when all its orders are cancelled, ms. */
  readonly #scheduled = new Map<string, number>();
  #anonymous = 0;

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  async answer(body: Json): Promise<Json> {
    const fields = fieldsOf(body);
    const action = fieldsOf(fields['action']);
    const type = textOf(action['type']);
    let signer: string | null = null;
    let account: string | null = null;
    let answer: Json;
    try {
      signer = this.#authenticate(fields);
      account = this.#accountFor(signer, fields);
      answer = await this.#carryOut(type, action, account);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      answer = { status: 'err', response: error.message };
    }
    this.received.push({ type, signer, account, body, answer });
    if (this.received.length > RECEIVED_KEPT) this.received.shift();
    return answer;
  }

  /** Cancels all orders of accounts whose scheduled time has come. */
  async clock(at: number): Promise<void> {
    for (const [account, time] of this.#scheduled) {
      if (time > at) continue;
      this.#scheduled.delete(account);
      for (const { record } of this.#parts.book.openOrders(account)) await this.#parts.world.exchange.others.cancel(account, record.symbol, record.clientOrderId);
    }
  }

  // --- who and when ------------------------------------------------------------------------------------------------------------

  #authenticate(fields: Fields): string {
    const signature = fieldsOf(fields['signature']);
    const signed = {
      action: canonicalNumbers(fields['action'] ?? null),
      nonce: integerOf(fields['nonce']),
      vaultAddress: vaultOf(fields),
      expiresAfter: fields['expiresAfter'] === undefined ? null : integerOf(fields['expiresAfter']),
      signature: { r: textOf(signature['r']), s: textOf(signature['s']), v: integerOf(signature['v']) },
    };
    const signer = signerOf(signed, this.#parts.network);
    if (signer === null) throw new Failed(SEEN.noSigner);
    if (!this.#parts.addresses.isSigner(signer)) throw new Failed(SEEN.unknownWallet(signer));
    const now = this.#parts.world.now();
    if (signed.expiresAfter !== null && now > signed.expiresAfter) throw new Failed(SEEN.expired);
    const fault = this.#nonces.take(signer, signed.nonce, now);
    if (fault !== null) throw new Failed(fault);
    return signer;
  }

  #accountFor(signer: string, fields: Fields): string {
    const account = this.#parts.addresses.actingAccount(signer, vaultOf(fields));
    if (account === null) throw new Failed(SEEN.unknownWallet(signer));
    return account;
  }

  // --- the actions -------------------------------------------------------------------------------------------------------------

  async #carryOut(type: string, action: Fields, account: string): Promise<Json> {
    switch (type) {
      case 'order':
        return rows('order', await this.#placeAll(action, account));
      case 'cancel':
        return rows('cancel', await inTurn(listOf(action['cancels']), (each) => this.#cancel(account, integerOf(fieldsOf(each)['a']), integerOf(fieldsOf(each)['o']))));
      case 'cancelByCloid':
        return rows('cancel', await inTurn(listOf(action['cancels']), (each) => this.#cancel(account, integerOf(fieldsOf(each)['asset']), cloidField(fieldsOf(each)['cloid']))));
      case 'modify':
        return modified(await this.#modify(action, account));
      case 'batchModify':
        return rows('order', await inTurn(listOf(action['modifies']), (each) => this.#modify(fieldsOf(each), account)));
      case 'updateLeverage':
        return this.#updateLeverage(action, account);
      case 'scheduleCancel':
        return this.#schedule(action, account);
      case 'noop':
        return DEFAULT;
      case 'approveBuilderFee':
      case 'setReferrer':
        throw new Failed(`${type} is not taken here`);
      default:
        throw new Undeserialisable('no such action');
    }
  }

  async #placeAll(action: Fields, account: string): Promise<readonly Json[]> {
    if (action['builder'] !== undefined) throw new Failed(SEEN.builder);
    if (action['grouping'] !== 'na') throw new Failed('only the grouping na is simulated');
    const orders = listOf(action['orders']).map((order) => this.#parse(fieldsOf(order), account));
    return inTurn(orders, (order) => this.#place(order));
  }

  #parse(order: Fields, account: string): ParsedOrder {
    const asset = this.#parts.assets.byIndex(integerOf(order['a']));
    if (asset === null) throw new Failed('Invalid asset');
    const kind = fieldsOf(order['t']);
    const trigger = kind['trigger'] === undefined ? null : fieldsOf(kind['trigger']);
    const tif = trigger === null ? textOf(fieldsOf(kind['limit'])['tif']) : null;
    if (tif !== null && !TIFS.includes(tif)) throw new Undeserialisable('no such tif');
    const cloid = order['c'] === undefined || order['c'] === null ? null : cloidField(order['c']);
    const limitPx = decimalField(order['p']);
    const isMarket = trigger === null ? tif === 'Ioc' || tif === 'FrontendMarket' : booleanOf(trigger['isMarket']);
    return {
      asset,
      limitPx,
      tif,
      hasCloid: cloid !== null,
      tpsl: trigger === null ? null : textOf(trigger['tpsl']),
      request: {
        account,
        symbol: asset.symbol,
        clientOrderId: cloid ?? this.#anonymousId(),
        side: booleanOf(order['b']) ? 'buy' : 'sell',
        type: trigger === null ? (isMarket ? 'market' : 'limit') : isMarket ? 'stop-market' : 'stop-limit',
        amount: decimalField(order['s']),
        price: isMarket ? null : limitPx,
        triggerPrice: trigger === null ? null : decimalField(trigger['triggerPx']),
        triggerBy: 'mark',
        positionSide: null,
        reduceOnly: booleanOf(order['r']),
        postOnly: tif === 'Alo',
      },
    };
  }

  async #place(order: ParsedOrder): Promise<Json> {
    const { request, asset, limitPx, tif, hasCloid } = order;
    const last = this.#parts.world.price(asset.symbol)?.last ?? '0';
    const refusal = this.#refusalOf(order, last);
    if (refusal !== null) return { error: `${refusal} asset=${asset.index}` };
    this.#parts.book.noteForm(request.account, request.clientOrderId, { limitPx, tif, hasCloid });
    const outcome = await this.#parts.world.exchange.placeOrder(request);
    return this.#orderRow(outcome, asset, last, hasCloid);
  }

  /** What Hyperliquid looks at and the simulated exchange does not. */
  #refusalOf({ request, asset, limitPx, tpsl, tif }: ParsedOrder, last: string): string | null {
    const prices = [limitPx, ...(request.triggerPrice === null ? [] : [request.triggerPrice])];
    if (prices.some((price) => !isOnPriceGrid(price, asset))) return DOCUMENTED.tick;
    if (tpsl === 'tp') return 'take-profit orders are not simulated';
    if (request.triggerPrice !== null && isBetter(limitPx, request.triggerPrice, request.side)) return DOCUMENTED.trigger;
    if (tif === 'Ioc' && isBetter(limitPx, last, request.side)) return DOCUMENTED.ioc;
    const isLimited = request.triggerPrice !== null || request.reduceOnly;
    return isLimited && this.#parts.book.openOrders(request.account).length >= OPEN_ORDERS_MAX ? 'too many open orders' : null;
  }

  #orderRow(outcome: WriteOutcome<OrderRecord>, asset: Asset, last: string, hasCloid: boolean): Json {
    if (outcome.type === 'unknown') throw new NoAnswer(outcome.message);
    if (outcome.type === 'refused') return { error: this.#refused(outcome, asset, last) };
    const { value } = outcome;
    const ids = { oid: Number(value.id.slice(1)), ...(hasCloid && { cloid: value.clientOrderId }) };
    if (value.status === 'open') return { resting: ids };
    if (dec(value.filled).isZero()) return { error: `${DOCUMENTED.ioc} asset=${asset.index}` };
    return { filled: { totalSz: value.filled, avgPx: this.#averagePrice(value), ...ids } };
  }

  #refused({ code, message }: Extract<WriteOutcome<OrderRecord>, { type: 'refused' }>, asset: Asset, last: string): string {
    if (!(REFUSALS as readonly string[]).includes(code)) throw new NoAnswer(message);
    return refusalText(code as RefusalCode, asset.index, bboText(asset, last));
  }

  #averagePrice(record: OrderRecord): string {
    const fills = this.#parts.book.fills(record.account).filter(({ trade }) => trade.orderId === record.id);
    const cost = fills.reduce((total, { trade }) => total.plus(dec(trade.price).times(trade.amount)), dec('0'));
    return plain(cost.dividedBy(record.filled).toDecimalPlaces(8));
  }

  async #cancel(account: string, assetIndex: number, id: number | string): Promise<Json> {
    const asset = this.#parts.assets.byIndex(assetIndex);
    const order = this.#parts.book.order(account, id);
    const missing = { error: `${DOCUMENTED.missing} asset=${assetIndex}` };
    if (asset === null || order === null || order.record.symbol !== asset.symbol) return missing;
    const outcome = await this.#parts.world.exchange.cancelOrder({ account, symbol: asset.symbol, clientOrderId: order.record.clientOrderId });
    if (outcome.type === 'unknown') throw new NoAnswer(outcome.message);
    return outcome.type === 'done' ? 'success' : { error: this.#refused(outcome, asset, '0') };
  }

  /** In place. The real one cancels and places anew under another oid; no client of ours modifies orders. */
  async #modify(action: Fields, account: string): Promise<Json> {
    const id = typeof action['oid'] === 'number' ? action['oid'] : cloidField(action['oid']);
    const parsed = this.#parse(fieldsOf(action['order']), account);
    const order = this.#parts.book.order(account, id);
    if (order === null || order.record.symbol !== parsed.asset.symbol) return { error: `${DOCUMENTED.missing} asset=${parsed.asset.index}` };
    if (!isOnPriceGrid(parsed.limitPx, parsed.asset)) return { error: `${DOCUMENTED.tick} asset=${parsed.asset.index}` };
    const { amount, price, triggerPrice } = parsed.request;
    const outcome = await this.#parts.world.exchange.amendOrder({ account, symbol: parsed.asset.symbol, clientOrderId: order.record.clientOrderId, amount, price, triggerPrice });
    return this.#orderRow(outcome, parsed.asset, '0', parsed.hasCloid);
  }

  async #updateLeverage(action: Fields, account: string): Promise<Json> {
    const asset = this.#parts.assets.byIndex(integerOf(action['asset']));
    const leverage = integerOf(action['leverage']);
    if (asset === null) throw new Failed('Invalid asset');
    if (leverage < 1 || leverage > asset.maxLeverage) throw new Failed('Invalid leverage value');
    const marginMode = booleanOf(action['isCross']) ? 'cross' : 'isolated';
    try {
      const isChanged = await this.#parts.world.exchange.others.changeSettings(account, asset.symbol, { marginMode, leverage: String(leverage) });
      if (!isChanged) throw new Failed('Cannot switch leverage type with open position.');
    } catch (error) {
      if (error instanceof HedgerowError) throw new Failed('Invalid leverage value');
      throw error;
    }
    return DEFAULT;
  }

  #schedule(action: Fields, account: string): Json {
    if (action['time'] === undefined || action['time'] === null) {
      this.#scheduled.delete(account);
      return DEFAULT;
    }
    const time = integerOf(action['time']);
    if (time < this.#parts.world.now() + SCHEDULE_MIN_MS) throw new Failed('Scheduled cancel time too early, must be at least 5 seconds from now.');
    this.#scheduled.set(account, time);
    return DEFAULT;
  }

  /** The simulated exchange wants an id of every order. */
  #anonymousId(): string {
    this.#anonymous += 1;
    return `0x${'f'.repeat(16)}${this.#anonymous.toString(16).padStart(16, '0')}`;
  }
}

const TIFS = ['Gtc', 'Ioc', 'Alo', 'FrontendMarket'];

interface ParsedOrder {
  readonly asset: Asset;
  readonly limitPx: string;
  readonly tif: string | null;
  readonly tpsl: string | null;
  readonly hasCloid: boolean;
  readonly request: OrderRequest;
}

/** Whether a limit asks for a better price than `reference`. */
function isBetter(limit: string, reference: string, side: OrderRequest['side']): boolean {
  return side === 'buy' ? dec(limit).lessThan(reference) : dec(limit).greaterThan(reference);
}

function vaultOf(fields: Fields): string | null {
  return fields['vaultAddress'] === undefined || fields['vaultAddress'] === null ? null : addressField(withPrefix(fields['vaultAddress']));
}

/** ccxt leaves the prefix out. */
function withPrefix(value: Json): Json {
  return typeof value === 'string' && /^[0-9a-fA-F]{40}$/.test(value) ? `0x${value}` : value;
}

function rows(type: string, statuses: readonly Json[]): Json {
  return { status: 'ok', response: { type, data: { statuses } } };
}

function modified(row: Json): Json {
  const error = fieldsOf(row)['error'];
  return error === undefined ? DEFAULT : { status: 'err', response: error };
}

async function inTurn<T>(list: readonly T[], act: (each: T) => Promise<Json>): Promise<readonly Json[]> {
  const results: Json[] = [];
  for (const each of list) results.push(await act(each));
  return results;
}

/** Prices and sizes are hashed as the exchange writes them, without trailing zeros: who signs others is somebody else. */
function canonicalNumbers(action: Json): Json {
  if (Array.isArray(action)) return action.map((each: Json) => canonicalNumbers(each));
  if (typeof action !== 'object' || action === null) return action;
  return Object.fromEntries(Object.entries(action).map(([key, value]: [string, Json]) => [key, NUMBERS.includes(key) && typeof value === 'string' ? withoutZeros(value) : canonicalNumbers(value)]));
}

const NUMBERS = ['p', 's', 'triggerPx'];

function withoutZeros(text: string): string {
  return /^\d+(?:\.\d+)?$/.test(text) ? plain(dec(text)) : text;
}
