/** When a process is killed: drawn from a seed, weighted towards the moments at which something is half done. Serves the proof of I12. */
import type { Random } from '../../ports/random.ts';
import type { BotLife, LifeEnd } from './bot-life.ts';

/**
 * `spawn`: before it has loaded its code. `start-up`: anywhere until its plans are recovered. `recovery`: in its first passes.
 * `run`: while prices move. `shutdown`: after SIGTERM.
 */
export type KillAim = 'spawn' | 'start-up' | 'recovery' | 'run' | 'shutdown';

/** Where the process really was. `creation`: the folder of the embedded store was not there yet. */
export type KilledIn = 'creation' | 'start-up' | 'run' | 'shutdown';

export interface KillMoment {
  readonly aim: KillAim;
  /** Since the start of the process, of its running, or of SIGTERM, ms. */
  readonly delayMs: number;
}

/** What earlier lives tell about how long things take, ms. */
export interface LifeTimes {
  readonly startMs: number;
  readonly runMs: number;
}

/** Of ten kills. Start-up is recovery, and most of a short life. */
const AIMS: readonly KillAim[] = ['spawn', 'start-up', 'start-up', 'start-up', 'recovery', 'recovery', 'run', 'run', 'run', 'shutdown'];
const SPAWN_MS = 150;
const RECOVERY_MS = 80;
const SHUTDOWN_MS = 250;

export function drawKill(random: Random, { startMs, runMs }: LifeTimes): KillMoment {
  const aim = AIMS[random.integer(AIMS.length)] ?? 'start-up';
  const share = random.fraction();
  switch (aim) {
    case 'spawn':
      return { aim, delayMs: share * SPAWN_MS };
    case 'start-up':
      return { aim, delayMs: share * startMs };
    case 'recovery':
      return { aim, delayMs: share * RECOVERY_MS };
    case 'run':
      return { aim, delayMs: share * runMs };
    case 'shutdown':
      return { aim, delayMs: share * SHUTDOWN_MS };
  }
}

/** Kills it at that moment. Null when it had ended by itself before. */
export async function killAt(life: BotLife, { aim, delayMs }: KillMoment, hasStore: () => boolean): Promise<{ readonly killedIn: KilledIn | null; readonly end: LifeEnd }> {
  if (aim !== 'spawn' && aim !== 'start-up') await life.running;
  if (aim === 'shutdown') life.signal('SIGTERM');
  const isAlive = await life.lives(delayMs);
  const killedIn: KilledIn = aim === 'shutdown' ? 'shutdown' : life.isRunning ? 'run' : hasStore() ? 'start-up' : 'creation';
  if (isAlive) life.signal('SIGKILL');
  const end = await life.ended;
  return { killedIn: end.code === null ? killedIn : null, end };
}
