/**
 * What is said on the control socket of a running bot: JSON lines, one answer per request, in order. Everything a client sends is
 * checked here before it means anything (I20); nothing larger than these limits is kept (I23).
 */
import { z } from 'zod';
import { ERROR_CODES, HedgerowError } from '../../domain/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { OPERATOR_ACTIONS } from '../../ports/store.ts';
import type { Store } from '../../ports/store.ts';

/** A request is a method and a few short values. */
export const REQUEST_BYTES_MAX = 64 * 1024;
/** An answer may be all plans with their snapshots, some 20 kB each, or a page of the journal. */
export const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Journal entries in one answer: some 200 bytes each, a snapshot's size at worst. */
export const PAGE_MAX = 1_000;
/** Control requests older than this, or from so far ahead, are not taken (I20). */
export const FRESH_MS = 60_000;

/** The part of the store operators may use; nothing in it changes what a bot has written. */
export type OperatorStore = Pick<
  Store,
  | 'description'
  | 'findPlan'
  | 'listPlans'
  | 'readJournal'
  | 'loadWorkingOrders'
  | 'loadOrder'
  | 'loadGenerations'
  | 'loadPendingIntents'
  | 'loadTrades'
  | 'loadCheckpoint'
  | 'findLease'
  | 'requestAction'
  | 'loadPendingActions'
  | 'loadAction'
  | 'close'
>;

/** What only the running bot knows of a plan. */
export interface LivePlan {
  readonly venue: string;
  readonly name: string;
  /** Why the plan has stopped; null while it works. */
  readonly failure: string | null;
  readonly prices: { readonly last: string; readonly mark: string; readonly index: string; readonly at: number } | null;
  /** The exchange's time of now, ms. */
  readonly now: number;
}

const name = z.string().min(1).max(200);
const planId = z.number().int().min(1).max(2 ** 31 - 1);
const time = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const identity = z.strictObject({ venue: name, name });
const action = z.strictObject({
  actionId: name,
  planId,
  action: z.enum(OPERATOR_ACTIONS),
  reason: z.string().max(2_000),
  requestedBy: z.string().min(1).max(200),
  requestedAt: time,
});

const calls = {
  live: z.tuple([]),
  describe: z.tuple([]),
  findPlan: z.tuple([identity]),
  listPlans: z.tuple([]),
  readJournal: z.tuple([planId, time, z.number().int().min(1).max(PAGE_MAX)]),
  loadWorkingOrders: z.tuple([planId]),
  loadOrder: z.tuple([planId, name]),
  loadGenerations: z.tuple([planId, z.number().int().min(0)]),
  loadPendingIntents: z.tuple([planId]),
  loadTrades: z.tuple([planId, time]),
  loadCheckpoint: z.tuple([planId, z.enum(['first', 'last'])]),
  findLease: z.tuple([name, name]),
  requestAction: z.tuple([action]),
  loadPendingActions: z.tuple([planId]),
  loadAction: z.tuple([name]),
} as const;

type Call<Method extends keyof typeof calls> = { readonly id: number; readonly method: Method; readonly args: z.infer<(typeof calls)[Method]> };
export type ControlMethod = keyof typeof calls;
export type ControlRequest = { readonly [Method in ControlMethod]: Call<Method> }[ControlMethod];

export type ControlAnswer =
  | { readonly id: number; readonly result: Json }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

const envelope = z.strictObject({ id: z.number().int().min(0), method: z.string().max(100), args: z.array(z.unknown()).max(8) });

/** Throws INPUT_INVALID for anything that is not exactly a request. */
export function parseRequest(line: string): ControlRequest {
  const { id, method, args } = read(envelope, parsed(line), 'request');
  if (!Object.hasOwn(calls, method)) throw new HedgerowError('INPUT_INVALID', `the control socket knows no method ${JSON.stringify(method)}`);
  const known = method as ControlMethod;
  return { id, method: known, args: read<unknown>(calls[known], args, `arguments of ${method}`) } as ControlRequest;
}

/** The id an answer to this line has to carry, as far as it can be told. */
export function requestIdOf(line: string): number {
  try {
    const { id } = JSON.parse(line) as { id?: unknown };
    return Number.isSafeInteger(id) ? (id as number) : -1;
  } catch {
    return -1;
  }
}

const answer = z.union([
  z.object({ id: z.number(), error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ id: z.number(), result: z.unknown() }),
]);

/** Throws STORE_UNAVAILABLE when the other side does not speak this protocol. */
export function parseAnswer(line: string): ControlAnswer {
  const reading = answer.safeParse(parsed(line));
  if (!reading.success) throw new HedgerowError('STORE_UNAVAILABLE', 'the running bot answers in another version of the control protocol; use the hedgerow it was started with');
  if (!('error' in reading.data)) return { id: reading.data.id, result: reading.data.result as Json };
  const { id, error } = reading.data;
  const code = Object.hasOwn(ERROR_CODES, error.code) ? (error.code as ErrorCode) : 'STORE_UNAVAILABLE';
  return { id, error: { code, message: error.message } };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new HedgerowError('INPUT_INVALID', 'the control socket takes JSON lines');
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const reading = schema.safeParse(value);
  if (reading.success) return reading.data;
  const [issue] = reading.error.issues;
  throw new HedgerowError('INPUT_INVALID', `the ${what}: ${issue === undefined ? 'not understood' : `${issue.path.join('.')} ${issue.message}`}`);
}
