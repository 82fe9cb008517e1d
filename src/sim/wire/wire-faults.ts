/** Seeded faults of a wire server: which request or frame is hit, and how. The same stream gives the same faults to the same traffic (I22). */
import type { Random } from '../../ports/random.ts';
import type { FrameFault, FramePolicy, RequestPolicy, WireFault, WireRequest } from '../../ports/wire.ts';

/** Every kind of request fault, with short delays. */
export const REQUEST_FAULTS: readonly WireFault[] = [
  { type: 'timeout-before-apply' },
  { type: 'timeout-after-apply' },
  { type: 'reset-before-apply' },
  { type: 'reset-mid-body' },
  { type: 'server-error', status: 502, applied: false },
  { type: 'server-error', status: 503, applied: true },
  { type: 'html-page', status: 403, applied: false },
  { type: 'html-page', status: 200, applied: true },
  { type: 'truncated-json' },
  { type: 'empty-body' },
  { type: 'incident', incident: 'rate-limited', retryAfterMs: 1_000 },
  { type: 'incident', incident: 'internal-error', retryAfterMs: 0 },
  { type: 'delay', requestMs: 150, responseMs: 150 },
  { type: 'apply-late', afterMs: 400 },
];

export const FRAME_FAULTS: readonly FrameFault[] = [{ type: 'drop' }, { type: 'duplicate' }, { type: 'reorder' }, { type: 'close', code: 1001 }, { type: 'silence' }];

export interface SeededRequestFaults {
  readonly random: Random;
  /** How many of a thousand requests are hit. */
  readonly perMille: number;
  /** Default: all of REQUEST_FAULTS. */
  readonly faults?: readonly WireFault[];
  /** Requests that may be hit; default: all. */
  readonly concerns?: (request: WireRequest) => boolean;
}

export function seededRequestFaults({ random, perMille, faults = REQUEST_FAULTS, concerns = () => true }: SeededRequestFaults): RequestPolicy {
  return (request) => {
    if (!concerns(request) || random.integer(1_000) >= perMille) return { type: 'none' };
    return faults[random.integer(faults.length)] ?? { type: 'none' };
  };
}

export interface SeededFrameFaults {
  readonly random: Random;
  /** How many of a thousand frames are hit. */
  readonly perMille: number;
  /** Default: all of FRAME_FAULTS. */
  readonly faults?: readonly FrameFault[];
}

export function seededFrameFaults({ random, perMille, faults = FRAME_FAULTS }: SeededFrameFaults): FramePolicy {
  return () => (random.integer(1_000) < perMille ? (faults[random.integer(faults.length)] ?? { type: 'none' }) : { type: 'none' });
}
