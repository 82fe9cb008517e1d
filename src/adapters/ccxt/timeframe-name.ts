/** ccxt's names of candle lengths. */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** `1h` for 3,600,000 ms. Throws RangeError for what is not a whole number of minutes. */
export function timeframeName(timeframeMs: number): string {
  for (const [name, ms] of UNITS) if (timeframeMs >= ms && timeframeMs % ms === 0) return `${timeframeMs / ms}${name}`;
  throw new RangeError(`${timeframeMs} ms is not a whole number of minutes`);
}
