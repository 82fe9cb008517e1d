/** The parameters of one Binance request, and whether they are signed as they must be. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isPlainDecimal } from '../../../domain/decimal.ts';
import type { DecimalString } from '../../../domain/decimal.ts';
import type { WireRequest } from '../../../ports/wire.ts';
import type { WireAccount, WireWorld } from '../wire-world.ts';
import { BinanceError } from './binance-error.ts';

const RECV_WINDOW_MS = 5_000;
const RECV_WINDOW_MAX_MS = 60_000;
/** A timestamp may lie this far ahead of the server's clock. */
const AHEAD_MAX_MS = 1_000;

export class BinanceParams {
  readonly #values: URLSearchParams;

  constructor({ query, body }: Pick<WireRequest, 'query' | 'body'>) {
    this.#values = new URLSearchParams(query === '' ? body : body === '' ? query : `${query}&${body}`);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    return value === '' ? null : value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) throw new BinanceError('-1102', `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
    return value;
  }

  choice<const Values extends readonly string[]>(name: string, values: Values): Values[number] | null {
    const text = this.text(name);
    if (text === null) return null;
    const value = values.find((each) => each === text);
    if (value === undefined) throw new BinanceError('-1130', `Data sent for parameter '${name}' is not valid.`);
    return value;
  }

  flag(name: string): boolean | null {
    const value = this.choice(name, ['true', 'false', 'TRUE', 'FALSE']);
    return value === null ? null : value.toLowerCase() === 'true';
  }

  /** Ms, ids and counts. */
  whole(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!/^\d{1,16}$/.test(text)) throw new BinanceError('-1102', `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
    return Number(text);
  }

  decimal(name: string): DecimalString | null {
    const text = this.text(name);
    if (text === null) return null;
    if (!isPlainDecimal(text)) throw new BinanceError('-1100', `Illegal characters found in parameter '${name}'; legal range is '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.`);
    return text;
  }
}

/** The account behind the key of a request that needs no signature. */
export function accountOfKey({ headers }: WireRequest, world: WireWorld): WireAccount {
  const key = headers['x-mbx-apikey'];
  if (key === undefined || key === '') throw new BinanceError('-2014');
  const account = world.accountOfKey(key);
  if (account === null) throw new BinanceError('-2015');
  return account;
}

/** The account a signed request acts for; refuses a wrong key, signature or time. */
export function signedAccount(request: WireRequest, params: BinanceParams, world: WireWorld): WireAccount {
  const account = accountOfKey(request, world);
  const timestamp = params.whole('timestamp');
  if (timestamp === null) throw new BinanceError('-1102', "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.");
  const recvWindow = params.whole('recvWindow') ?? RECV_WINDOW_MS;
  if (recvWindow > RECV_WINDOW_MAX_MS) throw new BinanceError('-1131');
  if (!isSignedBy(request, account.secret)) throw new BinanceError('-1022');
  if (timestamp > request.receivedAt + AHEAD_MAX_MS) throw new BinanceError('-1021', "Timestamp for this request was 1000ms ahead of the server's time.");
  if (request.receivedAt - timestamp > recvWindow) throw new BinanceError('-1021');
  return account;
}

/** Signed is everything sent before the signature: the query, then the body. */
function isSignedBy({ query, body }: WireRequest, secret: string): boolean {
  const [, payload, signature] = /^(.*)&signature=([0-9a-fA-F]{64})$/s.exec(query + body) ?? [];
  if (payload === undefined || signature === undefined) return false;
  const expected = createHmac('sha256', secret).update(payload).digest();
  return timingSafeEqual(expected, Buffer.from(signature, 'hex'));
}
