/**
 * Leverage tiers in ccxt's unified form, as JSON, plain or gzip: a list of one market's tiers, as `hedgerow fetch` writes it, or an object
 * of such lists by symbol, as ccxt's `fetchLeverageTiers` gives it.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';
import { D, dec, isPlainDecimal, plain } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { LeverageTier, LeverageTiers } from '../ccxt/public-facts.ts';

/** JSON numbers and texts of numbers; ccxt gives either. */
const NUMBER = z.union([z.number(), z.string()]).transform((value, context): D => {
  if (typeof value === 'number' ? Number.isFinite(value) : isPlainDecimal(value)) return new D(value);
  context.issues.push({ code: 'custom', input: value, message: 'not a number' });
  return z.NEVER;
});
const TIER = z.looseObject({ maxNotional: NUMBER.nullish(), maintenanceMarginRate: NUMBER.nullish(), maxLeverage: NUMBER.nullish() });
const TIERS = z.array(TIER).min(1);
type Tier = z.infer<typeof TIER>;

/** Digits of a rate that is no finite decimal. Rounded up: rather liquidated too early than too late. */
const RATE_DECIMALS = 8;
const GZIP_MAGIC = 0x1f8b;
/** The lists of all markets of an exchange are some megabytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The tiers of one symbol, whose sizes are in quote currency or, where the exchange counts so, in contracts. Throws FEED_INVALID with the file and what is wrong in it. */
export async function readLeverageTiers(path: string, symbol: string): Promise<LeverageTiers> {
  const json = await readJson(path);
  const rows = Array.isArray(json) ? json : ofSymbol(json, path, symbol);
  const parsed = TIERS.safeParse(rows);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(path, `the tiers of ${symbol} are not readable at ${['tiers', ...(issue?.path ?? [])].map(String).join('.')}: ${issue?.message ?? 'not a list of tiers'}`);
  }
  const tiers = parsed.data.map((tier, index) => rowOf(tier, path, symbol, index));
  tiers.forEach(({ maxNotional }, index) => {
    const next = tiers[index + 1]?.maxNotional;
    if (next === undefined) return;
    if (maxNotional === null || (next !== null && !dec(next).greaterThan(dec(maxNotional)))) throw refused(path, `tier ${index + 2} of ${symbol} does not reach above tier ${index + 1}`);
  });
  const most = parsed.data[0]?.maxLeverage;
  // Beyond the last tier nothing can be opened; what has grown beyond it is kept at its rate.
  return { tiers: tiers.map((tier, index) => (index === tiers.length - 1 ? { ...tier, maxNotional: null } : tier)), maxLeverage: most === undefined || most === null ? null : plain(most) };
}

function rowOf({ maxNotional, maintenanceMarginRate, maxLeverage }: Tier, path: string, symbol: string, index: number): LeverageTier {
  const rate = maintenanceMarginRate ?? halfOfInitial(maxLeverage ?? null);
  if (rate === null || !rate.greaterThan(0) || !rate.lessThan(1)) throw refused(path, `tier ${index + 1} of ${symbol} has ${rate === null ? 'neither a maintenanceMarginRate nor a maxLeverage' : `a maintenance margin rate of ${plain(rate)}`}`);
  return { maxNotional: maxNotional === undefined || maxNotional === null ? null : plain(maxNotional), maintenanceMarginRate: plain(rate) };
}

/** Hyperliquid's rule, whose tiers name a leverage only. */
function halfOfInitial(maxLeverage: D | null): D | null {
  if (maxLeverage === null || !maxLeverage.greaterThan(0)) return null;
  return new D(1).div(maxLeverage.times(2)).toDecimalPlaces(RATE_DECIMALS, D.ROUND_UP);
}

function ofSymbol(json: unknown, path: string, symbol: string): unknown {
  if (typeof json !== 'object' || json === null) throw refused(path, 'it holds neither a list of tiers nor lists by symbol');
  if (Object.hasOwn(json, symbol)) return (json as Record<string, unknown>)[symbol];
  throw refused(path, `it has no tiers of ${symbol}; it has ${Object.keys(json).slice(0, 5).join(', ')}${Object.keys(json).length > 5 ? ', …' : ''}`);
}

async function readJson(path: string): Promise<unknown> {
  let bytes: Buffer;
  try {
    const raw = await readFile(path);
    const isGzip = raw.length >= 2 && raw.readUInt16BE(0) === GZIP_MAGIC;
    bytes = isGzip ? await promisify(gunzip)(raw, { maxOutputLength: MAX_BYTES }) : raw;
  } catch (cause) {
    throw refused(path, `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw refused(path, `it is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function refused(path: string, problem: string, cause?: unknown): HedgerowError {
  return new HedgerowError('FEED_INVALID', `${path}: ${problem}; give leverage tiers in ccxt's form, such as hedgerow fetch EXCHANGE SYMBOL --only tiers writes`, { cause });
}
