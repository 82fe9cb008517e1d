/**
 * Single faults as words of a tape: `p3:late=5000` is what befalls the third placement. A lane counts its own things from 1, so that
 * leaving one fault out leaves the others where they were. What a word means is said here and nowhere else.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Delivery } from '../exchange/config.ts';
import type { ExecutionFate, ReadFate, ReadSurface } from '../exchange/faults.ts';

/** Placements, amendments, cancellations, reads, account events, price events, executions, commits. */
export const LANES = ['p', 'a', 'c', 'r', 'e', 'q', 'x', 's'] as const;
export type Lane = (typeof LANES)[number];

export interface TapeFault {
  readonly lane: Lane;
  /** The first one of a lane is 1. */
  readonly index: number;
  readonly kind: string;
  /** Empty for kinds that take none. */
  readonly value: string;
}

const WRITE_KINDS = ['lost', 'timeout', 'error', 'void', 'late', 'slow', 'twice', 'again'] as const;
const READ_KINDS = ['fails', 'lag', 'missing', 'timeout', 'slow'] as const;
const STREAM_KINDS = ['drop', 'late', 'again'] as const;
/** What can befall a thing of each lane. */
export const KINDS: Readonly<Record<Lane, readonly string[]>> = {
  p: WRITE_KINDS,
  a: WRITE_KINDS,
  c: WRITE_KINDS,
  r: READ_KINDS,
  e: STREAM_KINDS,
  q: STREAM_KINDS,
  x: ['refused', 'partial', 'bounded', 'over'],
  s: ['away', 'unsure'],
};

/** What the client waits for an answer, ms; the adapters' own timeout. */
export const CLIENT_TIMEOUT_MS = 10_000;

const FAULT = /^([pacreqxs])(\d{1,6}):([a-z]+)(?:=(\S+))?$/;

export function faultText({ lane, index, kind, value }: TapeFault): string {
  return `${lane}${index}:${kind}${value === '' ? '' : `=${value}`}`;
}

/** Null for a word that is no fault. Throws INPUT_INVALID for one that befalls nothing of its lane. */
export function parseFault(word: string): TapeFault | null {
  const [, lane, index, kind = '', value = ''] = FAULT.exec(word) ?? [];
  if (lane === undefined) return null;
  const kinds = KINDS[lane as Lane];
  if (!kinds.includes(kind)) throw new HedgerowError('INPUT_INVALID', `--tape: ${JSON.stringify(word)}: known for ${lane} are ${kinds.join(', ')}`);
  return { lane: lane as Lane, index: Number(index), kind, value };
}

const UNANSWERED = { type: 'unknown', message: 'the connection was lost' } as const;

/** What the network does to a request that the fault befalls; `usual` is what it does else. */
export function deliveryOf({ kind, value, lane }: TapeFault, usual: Delivery): Delivery {
  const ms = Number(value);
  if (lane === 'r') return { ...usual, ...readDelivery(kind, value, usual) };
  switch (kind) {
    case 'lost':
      return { ...usual, applied: 0, answerAfterMs: CLIENT_TIMEOUT_MS };
    case 'timeout':
      return { ...usual, answer: UNANSWERED, answerAfterMs: CLIENT_TIMEOUT_MS };
    case 'error':
      return { ...usual, answer: UNANSWERED };
    case 'void':
      return { ...usual, applied: 0, answer: UNANSWERED };
    case 'late':
      return { ...usual, requestMs: usual.requestMs + ms, answerAfterMs: CLIENT_TIMEOUT_MS };
    case 'slow':
      return { ...usual, responseMs: usual.responseMs + ms };
    case 'twice':
      return { ...usual, applied: 2 };
    default:
      return { ...usual, applied: 2, repeatAfterMs: ms };
  }
}

function readDelivery(kind: string, value: string, usual: Delivery): Partial<Delivery> {
  switch (kind) {
    case 'timeout':
      return { requestMs: usual.requestMs + CLIENT_TIMEOUT_MS, answerAfterMs: CLIENT_TIMEOUT_MS };
    case 'slow':
      return { responseMs: usual.responseMs + Number(value) };
    default:
      return { read: readFate(kind, value) };
  }
}

/** `orders+positions`, `orders/2000+positions/500`. */
function readFate(kind: string, value: string): ReadFate {
  const parts = value.split('+').map((part) => part.split('/'));
  if (kind === 'fails') return { fails: parts.map(([surface]) => surface as ReadSurface) };
  const bySurface = Object.fromEntries(parts.map(([surface, amount]) => [surface, Number(amount)])) as Partial<Record<ReadSurface, number>>;
  return kind === 'lag' ? { lagMs: bySurface } : { missing: bySurface };
}

/** When each copy of an event is heard, ms later. */
export function copiesOf({ kind, value }: TapeFault): readonly number[] {
  if (kind === 'drop') return [];
  return kind === 'late' ? [Number(value)] : [0, Number(value)];
}

export function executionOf({ kind, value }: TapeFault): ExecutionFate {
  switch (kind) {
    case 'refused':
      return { type: 'refused', status: 'rejected', reason: 'TRIGGER_ORDER_REJECTED' };
    case 'partial': {
      const [share = '0.5', restAfterMs = '1000'] = value.split('/');
      return { type: 'partial', share, restAfterMs: Number(restAfterMs) };
    }
    case 'bounded':
      return { type: 'bounded', share: value, reason: 'BEYOND_SLIPPAGE_BOUND' };
    default:
      return { type: 'overfill', steps: Number(value) };
  }
}
