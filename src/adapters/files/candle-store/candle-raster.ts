/** Where the bars of a timeframe open. */

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday; weeks of candles begin on Mondays. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

/** What is left of a time above its raster, ms: zero when a bar may open then. Up to a day bars count from midnight UTC, weeks from Monday, other lengths from `first`. */
export function offRaster(at: number, timeframeMs: number, first: number): number {
  if (timeframeMs <= DAY_MS) return at % timeframeMs;
  if (timeframeMs === WEEK_MS) return (at - FIRST_MONDAY_MS) % WEEK_MS;
  return at % DAY_MS !== 0 ? at % DAY_MS : Math.abs(at - first) % timeframeMs;
}
