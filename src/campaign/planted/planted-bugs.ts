/** Every planted bug, by theme. */
import { BUGS_OF_BOOKING } from './bugs-of-booking.ts';
import { BUGS_OF_PROCESSES } from './bugs-of-processes.ts';
import { BUGS_OF_PROTECTION } from './bugs-of-protection.ts';
import { BUGS_OF_READING } from './bugs-of-reading.ts';
import { BUGS_OF_SENDING } from './bugs-of-sending.ts';
import type { PlantedBug } from './planted-bug.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [...BUGS_OF_SENDING, ...BUGS_OF_READING, ...BUGS_OF_PROTECTION, ...BUGS_OF_BOOKING, ...BUGS_OF_PROCESSES];
