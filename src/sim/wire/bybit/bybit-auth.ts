/**
 * Who is asking: signature, time window and key of a private request, and the signed `auth` of a private stream. HMAC-SHA256, hex, over
 * timestamp + key + recvWindow + (body | query string) for requests, over `GET/realtime` + expires for streams.
 * Source: bybit-exchange.github.io/docs/v5/guide#authentication and /docs/v5/ws/connect.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Json } from '../../../domain/json.ts';
import type { WireRequest } from '../../../ports/wire.ts';
import type { WireAccount, WireWorld } from '../wire-world.ts';
import { BybitFailure } from './bybit-reply.ts';

const DEFAULT_RECV_WINDOW_MS = 5_000;
/** A timestamp may be this far ahead of the server, ms. */
const AHEAD_MAX_MS = 1_000;

/** The account whose key signed the request. Throws a failure with Bybit's code otherwise. */
export function authenticate(world: WireWorld, request: WireRequest, now: number): WireAccount {
  const { headers } = request;
  const key = headers['x-bapi-api-key'] ?? '';
  const stamp = headers['x-bapi-timestamp'] ?? '';
  if (key === '') throw new BybitFailure(10003, 'API key is invalid.');
  const account = world.accountOfKey(key);
  if (account === null) throw new BybitFailure(10003, 'API key is invalid.');
  const window = headers['x-bapi-recv-window'] ?? String(DEFAULT_RECV_WINDOW_MS);
  const payload = request.method === 'POST' ? request.body : request.query;
  if (!isSignature(account.secret, `${stamp}${key}${window}${payload}`, headers['x-bapi-sign'])) {
    throw new BybitFailure(10004, 'Error sign, please check your signature generation algorithm.');
  }
  const sentAt = Number(stamp);
  if (!Number.isFinite(sentAt) || sentAt < now - Number(window) || sentAt >= now + AHEAD_MAX_MS) {
    throw new BybitFailure(10002, `invalid request, please check your server timestamp or recv_window param. req_timestamp[${stamp}],server_timestamp[${now}],recv_window[${window}]`);
  }
  return account;
}

/** The account of a stream's `auth` arguments: key, expiry and signature. Null when they are not right or too late. */
export function authenticateStream(world: WireWorld, args: readonly Json[], now: number): WireAccount | null {
  const [key, expires, signature] = args;
  const account = typeof key === 'string' ? world.accountOfKey(key) : null;
  if (account === null || typeof signature !== 'string' || Number(expires) < now) return null;
  return isSignature(account.secret, `GET/realtime${String(expires)}`, signature) ? account : null;
}

function isSignature(secret: string, text: string, given: string | undefined): boolean {
  const expected = Buffer.from(createHmac('sha256', secret).update(text).digest('hex'));
  const actual = Buffer.from(given ?? '');
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
