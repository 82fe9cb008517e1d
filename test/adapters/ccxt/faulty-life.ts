/** A bot's life on a wire server whose network is bad: prices walk on while requests and frames are hit, then the faults stop and everything has to come right (I10). */
import type { Random } from '../../../src/ports/random.ts';
import type { FrameFault, WireFault, WireProtocol, WireRequest } from '../../../src/ports/wire.ts';
import { seededRandom } from '../../../src/sim/random.ts';
import { REQUEST_FAULTS, seededFrameFaults, seededRequestFaults } from '../../../src/sim/wire/wire-faults.ts';
import type { WireRig } from '../../sim/wire/wire-rig.ts';
import type { WireBot } from './wire-bot.ts';

export interface FaultyLife {
  readonly seed: number;
  /** Prices, one level each, drawn from here. */
  readonly levels: readonly number[];
  readonly prices: number;
  /** Of a thousand each, how many are hit. */
  readonly writesPerMille: number;
  readonly readsPerMille: number;
  readonly framesPerMille: number;
  /** Default: all that end by themselves. */
  readonly requestFaults?: readonly WireFault[];
  /** Default: everything but GET. */
  readonly isWrite?: (request: WireRequest) => boolean;
  /** Happens before the price of this number. */
  readonly acts?: Readonly<Record<number, () => Promise<void>>>;
}

/** Silence is noticed after ten seconds: it has a test of its own. */
const FRAME_FAULTS: readonly FrameFault[] = [{ type: 'drop' }, { type: 'duplicate' }, { type: 'reorder' }, { type: 'close', code: 1001 }];
/** A price stands for at least so long, ms, and at most until the bot is at rest. */
const STANDS_MIN_MS = 20;
const STANDS_MAX_MS = 700;

/** Resolves when the bot is at rest after the last price, without faults. Throws what the auditor found. */
export async function liveThroughFaults<P extends WireProtocol>(rig: WireRig<P>, bot: WireBot, life: FaultyLife): Promise<void> {
  const { seed, levels, prices, writesPerMille, readsPerMille, framesPerMille, requestFaults = REQUEST_FAULTS, isWrite = ({ method }) => method !== 'GET', acts = {} } = life;
  const random = seededRandom(seed);
  const writes = seededRequestFaults({ random: random.fork('writes'), perMille: writesPerMille, faults: requestFaults });
  const reads = seededRequestFaults({ random: random.fork('reads'), perMille: readsPerMille, faults: requestFaults });
  rig.listener.requestPolicy = (request) => (isWrite(request) ? writes(request) : reads(request));
  rig.listener.sockets.framePolicy = seededFrameFaults({ random: random.fork('frames'), perMille: framesPerMille, faults: FRAME_FAULTS });
  const walk = random.fork('walk');
  let level = Math.floor(levels.length / 2);
  for (let index = 0; index < prices; index += 1) {
    await acts[index]?.();
    level = nextLevel(level, levels.length, walk);
    rig.price(String(levels[level]));
    await stand(bot, walk);
  }
  rig.listener.requestPolicy = () => ({ type: 'none' });
  rig.listener.sockets.framePolicy = () => ({ type: 'none' });
  rig.price(String(levels[level]));
  await bot.rest();
}

/** Mostly one level up or down, now and then a jump. */
function nextLevel(level: number, count: number, random: Random): number {
  const size = random.integer(8) === 0 ? 3 : 1;
  const next = level + (random.integer(2) === 0 ? -size : size);
  return next < 0 || next >= count ? level + (next < 0 ? size : -size) : next;
}

async function stand(bot: WireBot, random: Random): Promise<void> {
  const until = performance.now() + STANDS_MIN_MS + random.integer(STANDS_MAX_MS);
  do {
    bot.check();
    await new Promise((resolve) => setTimeout(resolve, STANDS_MIN_MS));
  } while (performance.now() < until);
}
