/**
 * The Arrow library, required and not imported: before Node imports a CommonJS file it searches it for names, which takes five times as
 * long as running it (25 ms and 5 ms), and loading a year of candles shall take 100 ms with all of this.
 */
import { createRequire } from 'node:module';
import type * as Flechette from '@uwdata/flechette';

export const arrow = createRequire(import.meta.url)('@uwdata/flechette') as typeof Flechette;
