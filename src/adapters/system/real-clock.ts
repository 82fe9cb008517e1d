/** The computer's own clocks (I24): the wall clock for what is written down, the monotonic one for deadlines. */
import type { Clock } from '../../ports/clock.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
};
