/**
 * Reads a result document back, of this version of its format. Nothing in it is believed: every fault names the file and the field. The
 * schema is held to the types the document is written from, so the two cannot part.
 */
import { z } from 'zod';
import { PHASES } from '../../machines/wallet-cycle.ts';
import { OPERATIONS } from '../../machines/plan.machine.ts';
import { isPlainDecimal } from '../domain/decimal.ts';
import { HedgerowError } from '../domain/errors.ts';
import { MARKET_ROLES } from '../domain/ladder.ts';
import { ROLES } from '../domain/strategy.ts';
import type { Strategy } from '../domain/strategy.ts';
import type { PlanSum } from './plan-sum.ts';
import { FILL_COLUMNS, RESULT_FORMAT, RESULT_VERSION } from './result-document.ts';
import type { FillTuple, ResultDocument, RunDocument } from './result-document.ts';
import type { CycleMetrics, DrawdownFigures, ReturnFigures, RunMetrics } from './run-metrics.ts';
import { DATA_KINDS } from './run-origin.ts';
import type { DataOrigin, PathResult, RunAssumptions } from './run-origin.ts';
import type { LiquidationRow } from './run-record.ts';

/** Longer than any sum of a run; a number of a million digits would keep a comparison busy for minutes. */
const DECIMAL_CHARS_MAX = 200;
const TEXT_CHARS_MAX = 10_000;
/** A strategy is four levels deep. */
const STRATEGY_DEPTH_MAX = 12;
const FAULTS_SHOWN = 3;

const decimal = z.string().max(DECIMAL_CHARS_MAX, 'expected a number of sensible length').refine(isPlainDecimal, 'expected a plain decimal as text, such as "12.5"');
const text = z.string().max(TEXT_CHARS_MAX, 'expected a shorter text');
const number = z.number('expected a finite number');
const share = number.nullable();
const count = z.int('expected a whole number').min(0, 'expected a whole number of at least 0');
/** The last moment a date can be of. */
const MOMENT_MAX = 8_640_000_000_000_000;
const moment = z.int('expected whole milliseconds').min(0, 'expected a time after 1970').max(MOMENT_MAX, 'expected a time in milliseconds since 1970');
const wallet = z.enum(['long', 'hedge']);
const phase = z.enum(PHASES);
const role = z.enum([...ROLES, ...MARKET_ROLES]);
const leg = z.enum(['open-long', 'close-long', 'open-short', 'close-short']);
const path = z.enum(['ohlc', 'worst', 'best']);
const reason = z.enum(['start', 'ladder-complete', 'recovered-in-cash', 'advanced', 'joint', 'operator']).nullable();

const returns = {
  totalReturn: number,
  annualReturn: share,
  volatility: share,
  sharpe: share,
  sortino: share,
  calmar: share,
  dailyReturns: count,
} satisfies Shape<ReturnFigures>;

const drawdownRow = z.object({ depth: number, loss: number, peakAt: moment, troughAt: moment, recoveredAt: moment.nullable(), lengthMs: number }).nullable();
const drawdown: z.ZodType<DrawdownFigures> = z.object({ deepest: drawdownRow, longest: drawdownRow, maxDrawdown: number, underWaterMs: number, underWaterShare: number });
const exposure = z.object({ timeInMarket: number, meanGross: share, meanNet: share, maxGross: share });
const cost = z.object({ amount: decimal, ofResult: share, ofCapital: number });
const costs = z.object({ fees: cost, funding: cost, slippage: cost, takerFees: decimal, makerFees: decimal, liquidationFees: decimal, resultBeforeCosts: decimal });
const trades = z.object({ fills: count, turnover: decimal, turnoverOfCapital: number });
const liquidations = z.object({ count, notional: decimal, fees: decimal, insured: decimal, firstAt: moment.nullable() });
const cycleRef = z.object({ wallet, cycle: count, startedAt: moment, endedAt: moment.nullable(), result: decimal, resultShare: share }).nullable();
const cycles = z.object({ begun: count, ended: count, won: count, lost: count, winRate: share, profitFactor: share, whipsaws: count, worst: cycleRef, best: cycleRef });
const walletMetrics = z.object({ wallet, capital: decimal, equity: decimal, result: decimal, realised: decimal, unrealised: decimal, long: decimal, short: decimal, phase, ...returns, drawdown, exposure, costs, cycles, trades, liquidations });
const level = z.int('expected a whole number');
const cycleRow: z.ZodType<CycleMetrics> = z.object({
  wallet,
  cycle: count,
  startedAt: moment,
  endedAt: moment.nullable(),
  reason,
  anchor: decimal,
  unitSize: decimal,
  equityAtStart: decimal,
  equityAtEnd: decimal,
  peakUnit: level,
  valleyUnit: level,
  fills: count,
  levelsDown: count,
  fees: decimal,
  funding: decimal,
  lengthMs: number,
  result: decimal,
  resultShare: share,
  slippage: decimal,
  isWhipsaw: z.boolean(),
});
const phaseRow = z.object({ of: z.enum(['long', 'hedge', 'plan']), phase, entered: count, timeMs: number, timeShare: number, result: number, resultOfCapital: number, fills: count, fees: decimal, slippage: decimal, funding: decimal });
const roleRow = z.object({ wallet, role, fills: count, turnover: decimal, fees: decimal, slippage: decimal, slippageShare: share });
const operation = z.object({ at: moment, operation: z.enum(OPERATIONS), reason: text.nullable() });
const comparison = z.object({
  hold: z.object({ ...returns, equity: number, drawdown }),
  leveredHold: z.object({ leverage: decimal, equity: number, totalReturn: number, ruinedAt: moment.nullable() }),
  overCash: number,
  overHold: number,
});

const figures: z.ZodType<RunMetrics> = z.object({
  plan: text,
  symbol: text,
  path,
  from: moment,
  to: moment,
  days: number,
  candles: count,
  capital: decimal,
  equity: decimal,
  result: decimal,
  ...returns,
  drawdown,
  exposure,
  costs,
  cycles,
  trades,
  liquidations,
  stopped: operation.nullable(),
  comparison,
  ambiguousCandles: count.nullable(),
  ambiguousShare: share,
  wallets: z.array(walletMetrics),
  cycleRows: z.array(cycleRow),
  phaseRows: z.array(phaseRow),
  roleRows: z.array(roleRow),
  daily: z.object({ at: z.array(moment), equity: z.array(number) }),
});

const data: z.ZodType<DataOrigin> = z.object({
  what: z.enum(DATA_KINDS),
  source: text,
  timeframeMs: count.nullable(),
  rows: count,
  from: moment,
  to: moment,
  hash: text,
  gaps: z.array(z.object({ from: moment, until: moment })),
});

const assumptions: z.ZodType<RunAssumptions> = z.object({
  path,
  leverage: decimal,
  marginMode: z.enum(['cross', 'isolated']),
  positionMode: z.enum(['hedge', 'one-way']),
  triggerBy: z.enum(['last', 'mark', 'index']),
  takerFee: decimal,
  makerFee: decimal,
  slippage: decimal,
  liquidationFee: decimal,
  rangeSlippage: decimal.nullable(),
  volumeShare: decimal.nullable(),
  maxStopSlip: decimal.nullable(),
  maintenanceTiers: count,
  markTimeframeMs: count.nullable(),
  funding: z.discriminatedUnion('type', [z.object({ type: z.literal('history'), rows: count }), z.object({ type: z.literal('assumed'), rate: decimal }), z.object({ type: z.literal('none') })]),
  detailTimeframeMs: count.nullable(),
});

const pathResult: z.ZodType<PathResult> = z.object({ equity: decimal, totalReturn: number, maxDrawdown: number, fills: count, cycles: count, liquidations: count });
const fillTuple: z.ZodType<FillTuple> = z.tuple([moment, wallet, count, role, level.nullable(), leg, z.enum(['buy', 'sell']), decimal, decimal, decimal, z.enum(['taker', 'maker']), decimal]);
const liquidationRow: z.ZodType<LiquidationRow> = z.object({ at: moment, wallet, leg: z.enum(['close-long', 'close-short']), price: decimal, amount: decimal, fee: decimal });
/** Only compared, field by field, so any plain values do. */
const strategy = z.custom<Strategy>((value) => typeof value === 'object' && value !== null && !Array.isArray(value) && isShallow(value, STRATEGY_DEPTH_MAX), 'expected the settings of a strategy');

const run: z.ZodType<RunDocument> = z.object({
  plan: text,
  symbol: text,
  strategy: z.object({ hash: text, overrides: z.array(text), resolved: strategy }),
  data: z.array(data),
  assumptions,
  resultHash: text,
  figures,
  bounds: z.object({ ohlc: pathResult, worst: pathResult, best: pathResult }).nullable(),
  fills: z.object({ columns: z.tuple(FILL_COLUMNS.map((name) => z.literal(name)) as [z.ZodLiteral<string>]), rows: z.array(fillTuple) }),
  liquidations: z.array(liquidationRow),
  operations: z.array(operation),
  detours: z.array(z.object({ at: moment, reason: text })),
});

const planSum: z.ZodType<PlanSum> = z.object({
  plans: count,
  currency: text,
  from: moment,
  to: moment,
  capital: decimal,
  equity: decimal,
  result: decimal,
  ...returns,
  fees: decimal,
  funding: decimal,
  slippage: decimal,
  fills: count,
  liquidations: count,
  maxDrawdownDaily: number,
});

const document: z.ZodType<ResultDocument> = z.object({
  format: z.literal(RESULT_FORMAT),
  version: z.literal(RESULT_VERSION),
  build: text,
  definitions: z.record(text, text),
  runs: z.array(run).min(1, 'expected at least one run'),
  sum: planSum.nullable(),
});

type Shape<Value> = { readonly [Key in keyof Value]: z.ZodType<Value[Key]> };

/** `name` is how the file is called in messages. Throws INPUT_INVALID. */
export function parseResultDocument(json: string, name: string): ResultDocument {
  const value = parsedJson(json, name);
  refuseOtherFormats(value, name);
  const parsed = document.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, FAULTS_SHOWN).map((issue) => `${name}: ${fieldName(issue.path)}: ${issue.message}`);
  const more = parsed.error.issues.length - faults.length;
  const remedy = 'the file was changed or is not whole; write it again with hedgerow backtest --json';
  throw faultIn(`${faults.join('\n')}${more > 0 ? `\n${name}: … and ${more} more` : ''}\n${remedy}`);
}

function parsedJson(json: string, name: string): unknown {
  if (json.trim() === '') throw faultIn(`${name} is empty; write it with hedgerow backtest --json > ${name}`);
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new HedgerowError('INPUT_INVALID', `${name} is no JSON: ${(error as Error).message.slice(0, TEXT_CHARS_MAX)}; give what hedgerow backtest --json printed, whole`, { cause: error });
  }
}

/** Other files are told apart from damaged ones before their fields are looked at. */
function refuseOtherFormats(value: unknown, name: string): void {
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  if (fields['format'] !== RESULT_FORMAT) throw faultIn(`${name}: format: expected ${JSON.stringify(RESULT_FORMAT)}; this is no result of hedgerow backtest --json`);
  const { version } = fields;
  if (typeof version === 'number' && version > RESULT_VERSION) throw faultIn(`${name}: version: this file has version ${version}, this hedgerow reads ${RESULT_VERSION}; use the newer hedgerow that wrote it`);
  if (version !== RESULT_VERSION) throw faultIn(`${name}: version: expected ${RESULT_VERSION}; write the file again with hedgerow backtest --json`);
}

/** `runs[0].figures.equity`. */
function fieldName(path: readonly PropertyKey[]): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`)).join('');
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.length <= TEXT_CHARS_MAX;
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

function faultIn(message: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', message);
}
