/**
 * Where a run's faults and crashes come from: from a tape, word for word, or drawn at random and written down as they are drawn, so that
 * the words replay the run. Swarm: each kind of fault is on with one half, at a rate of its own, so that runs leave features out.
 */
import type { Random } from '../../ports/random.ts';
import type { BoundaryMoment } from './crash-seam.ts';
import type { TapeCrash, Wire } from './tape.ts';
import { KINDS, LANES } from './tape-faults.ts';
import type { Lane, TapeFault } from './tape-faults.ts';

export interface FaultSource {
  /** What befalls the next thing of a lane; null: nothing. */
  next(lane: Lane): TapeFault | null;
  /** Whether the process ends at this boundary. */
  crashAt(boundary: number, call: string, moment: BoundaryMoment): TapeCrash | null;
}

/** Replays what a tape says. */
export function tapedFaults(faults: readonly TapeFault[], crashes: readonly TapeCrash[]): FaultSource {
  const byThing = new Map(faults.map((fault) => [`${fault.lane}${fault.index}`, fault]));
  const byBoundary = new Map(crashes.map((crash) => [crash.boundary, crash]));
  const counts = new Map<Lane, number>();
  return {
    next(lane) {
      if (byThing.size === 0) return null;
      const index = (counts.get(lane) ?? 0) + 1;
      counts.set(lane, index);
      return byThing.get(`${lane}${index}`) ?? null;
    },
    crashAt: (boundary) => byBoundary.get(boundary) ?? null,
  };
}

export interface SwarmProfile {
  /** Per lane, kinds that are on with their rates. */
  readonly rates: ReadonlyMap<Lane, readonly (readonly [kind: string, rate: number])[]>;
  readonly crashRate: number;
  /** Most crashes of a run. */
  readonly crashesMax: number;
  /** Downtime up to this, ms. */
  readonly downMsMax: number;
}

/** Rates are log-uniform between these. */
const LEAST_RATE = 0.003;
const MOST_RATE = 0.2;
const MOST_RATE_THICK = 0.6;
/** Crashes come so much more often around writes and commits. */
const AROUND_WRITES = 10;
const LEAST_CRASH_RATE = 0.0003;
const MOST_CRASH_RATE = 0.01;
const CRASHES_MAX = 8;

/** What a run of the swarm suffers from; `lanes` that may be hit at all. */
export function randomProfile(random: Random, wire: Wire, lanes: readonly Lane[]): SwarmProfile {
  // In some runs faults come thick, so that two meet on one fill.
  const most = random.integer(3) === 0 ? MOST_RATE_THICK : MOST_RATE;
  const rate = (least: number, most: number): number => least * Math.exp(random.fraction() * Math.log(most / least));
  const on = (): boolean => random.integer(2) === 0;
  const isStream = (lane: Lane): boolean => lane === 'e' || lane === 'q';
  const rates = new Map<Lane, readonly (readonly [string, number])[]>();
  for (const lane of LANES) {
    const kinds = KINDS[lane].flatMap((kind) => (on() && lanes.includes(lane) ? [[kind, rate(LEAST_RATE, most)] as const] : []));
    const isPossible = !(isStream(lane) && !wire.isLossy);
    rates.set(lane, isPossible ? kinds.filter(([kind]) => kind !== 'lag' || wire.readLagMs > 0) : []);
  }
  return { rates, crashRate: on() ? rate(LEAST_CRASH_RATE, MOST_CRASH_RATE) : 0, crashesMax: 1 + random.integer(CRASHES_MAX), downMsMax: [1_000, 20_000, 400_000][random.integer(3)] ?? 1_000 };
}

/** Draws, and keeps what it has drawn. */
export class DrawnFaults implements FaultSource {
  readonly faults: TapeFault[] = [];
  readonly crashes: TapeCrash[] = [];
  readonly #profile: SwarmProfile;
  readonly #wire: Wire;
  readonly #lanes: ReadonlyMap<Lane, Random>;
  readonly #crash: Random;
  readonly #counts = new Map<Lane, number>();

  constructor(random: Random, profile: SwarmProfile, wire: Wire) {
    this.#profile = profile;
    this.#wire = wire;
    this.#lanes = new Map(LANES.map((lane) => [lane, random.fork(lane)]));
    this.#crash = random.fork('crash');
  }

  next(lane: Lane): TapeFault | null {
    const index = (this.#counts.get(lane) ?? 0) + 1;
    this.#counts.set(lane, index);
    const random = this.#lanes.get(lane);
    if (random === undefined) return null;
    for (const [kind, rate] of this.#profile.rates.get(lane) ?? []) {
      if (random.fraction() >= rate) continue;
      const fault = { lane, index, kind, value: drawnValue(lane, kind, random, this.#wire) };
      this.faults.push(fault);
      return fault;
    }
    return null;
  }

  crashAt(boundary: number, call: string, moment: BoundaryMoment): TapeCrash | null {
    const { crashRate, crashesMax, downMsMax } = this.#profile;
    if (crashRate === 0 || this.crashes.length >= crashesMax) return null;
    const isWrite = call === 'commit' || call.endsWith('Order') || moment === 'sent';
    if (this.#crash.fraction() >= crashRate * (isWrite ? AROUND_WRITES : 1)) return null;
    const isPause = this.#crash.integer(4) === 0 && mayPause(call, moment);
    const lostCommits = !isPause && this.#wire.isForgetful && this.#crash.integer(3) === 0 ? 1 + this.#crash.integer(5) : 0;
    const crash = { boundary, downMs: 1 + this.#crash.integer(isPause ? PAUSE_MS_MAX : downMsMax), lostCommits, isPause };
    this.crashes.push(crash);
    return crash;
  }
}

/** A machine that stands still between a look at its lease and the send that follows cannot be told from one that was fast enough. */
function mayPause(call: string, moment: BoundaryMoment): boolean {
  return moment === 'after' || (moment === 'before' && !call.endsWith('Order'));
}

/** Some pauses end before the lease does. */
const PAUSE_MS_MAX = 60_000;
/** Longer than the client waits, and most of them within what an exchange still takes. */
const WRITE_DELAYS_MS = [10_500, 12_000, 15_000, 20_000, 28_000, 45_000] as const;
const DELAYS_MS = [1, 400, 3_000, 12_000, 45_000, 300_000] as const;
const SURFACES = ['orders', 'conditional-orders', 'history', 'positions', 'trades', 'events', 'prices', 'settings'] as const;
/** Those whose rows can be missing, and those that can be old. */
const LISTS = SURFACES.slice(0, 6);
const LAGGING = SURFACES.slice(0, 7);

function drawnValue(lane: Lane, kind: string, random: Random, wire: Wire): string {
  const some = <T>(list: readonly T[]): T[] => list.filter(() => random.integer(3) === 0);
  const one = <T>(list: readonly T[]): T => list[random.integer(list.length)] as T;
  const several = <T>(list: readonly T[]): T[] => [...new Set([one(list), ...some(list)])];
  const share = (): string => ['0', '0.1', '0.5', '0.9'][random.integer(4)] ?? '0.5';
  switch (kind) {
    case 'late':
    case 'slow':
    case 'again':
      if (kind === 'late' && (lane === 'p' || lane === 'a' || lane === 'c')) return String(one(WRITE_DELAYS_MS));
      return String(one(lane === 'e' || lane === 'q' || kind !== 'slow' ? DELAYS_MS : DELAYS_MS.slice(0, 4)));
    case 'fails':
      return several(SURFACES).join('+');
    case 'lag':
      return several(LAGGING).map((surface) => `${surface}/${random.integer(wire.readLagMs + 1)}`).join('+');
    case 'missing':
      return several(LISTS).map((surface) => `${surface}/${random.integer(3)}`).join('+');
    case 'partial':
      return `${share()}/${one(DELAYS_MS)}`;
    case 'bounded':
      return share();
    case 'over':
      return '1';
    default:
      return '';
  }
}
