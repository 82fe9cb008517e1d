/** `hedgerow trace` (DOMAIN §7): one strategy, one or many price paths, a document or a block of text per price, streamed. */
import { loadStrategyFile } from '../../adapters/yaml/load-strategy.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { UNITS_MAX } from '../../domain/grid.ts';
import type { Instrument, Strategy } from '../../domain/strategy.ts';
import { trace } from '../../engine/trace.ts';
import type { FillMode, TraceDocument } from '../../engine/trace.ts';
import { atrOf, openCandleSource } from '../candle-source.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import { Output } from '../output.ts';
import { simulatedInstrument } from '../file-instrument.ts';
import { styleFor } from '../style.ts';
import { parsePrices, readPricePaths } from './price-paths.ts';
import type { PricePath } from './price-paths.ts';
import { traceText } from './trace-text.ts';

const FILL_MODES = ['touch', 'gap'] as const satisfies readonly FillMode[];

export async function traceAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const file = input.argument(0);
  const fill = input.choice('fill', FILL_MODES, 'touch');
  const isMany = input.text('prices-file') !== null;
  const paths = pathsOf(input, io);
  const strategy = await loadStrategyFile(file);
  const traced: Traced = { strategy, instrument: marketOf(strategy, file), fill, atr: await atrFor(strategy, file, input, io) };
  const print = input.flag('json') ? jsonPrinter(isMany) : textPrinter(isMany, io);
  const output = new Output(io.stdout);
  try {
    for await (const path of paths) {
      for (const document of documentsOf(traced, path)) {
        const written = output.write(print(document, path.index));
        if (written !== null) await written;
      }
    }
  } finally {
    await output.flush();
  }
  return 0;
}

/** Checked before the strategy is read, so that a wrong list is told at once; a file is read while it is traced. */
function pathsOf(input: CommandInput, io: CliIo): Iterable<PricePath> | AsyncIterable<PricePath> {
  const list = input.text('prices');
  const file = input.text('prices-file');
  if (list !== null && file !== null) throw inputError('--prices and --prices-file were both given; give one of them');
  if (file !== null) return readPricePaths(file, io.stdin);
  if (list === null) throw inputError('no prices were given; add --prices 10000,10700,10600 or --prices-file FILE');
  return [{ index: 0, place: '--prices', prices: parsePrices(list, '--prices') }];
}

function marketOf(strategy: Strategy, file: string): Instrument {
  const instrument = simulatedInstrument(strategy);
  if (instrument !== null) return instrument;
  throw inputError(
    `${file} trades on ${strategy.exchange.id}, whose steps, limits and fees are not in the file; trace takes them from exchange.market, ` +
      'so trace a copy with exchange: { id: simulated, market: { tickSize: …, amountStep: …, takerFee: … } }',
  );
}

async function atrFor({ unit }: Strategy, file: string, input: CommandInput, io: CliIo): Promise<DecimalString | null> {
  const candles = input.text('candles');
  if (unit.type !== 'atr') {
    if (candles !== null) io.stderr.write(`hedgerow: note: --candles is not used, because the unit of ${file} is no ATR\n`);
    return null;
  }
  if (candles === null) {
    throw inputError(`${file} measures its unit by the ATR of ${unit.length} candles of ${unit.timeframe}; add --candles FILE with at least as many, in ${unit.timeframe} or finer`);
  }
  return atrOf(await openCandleSource(candles), unit);
}

interface Traced {
  readonly strategy: Strategy;
  readonly instrument: Instrument;
  readonly fill: FillMode;
  readonly atr: DecimalString | null;
}

function* documentsOf(traced: Traced, path: PricePath): Generator<TraceDocument> {
  let step = 0;
  try {
    for (const document of trace({ ...traced, prices: path.prices })) {
      yield document;
      step += 1;
      const next = path.prices[step];
      if (next !== undefined && isOutOfReach(traced.strategy, document, next)) throw outOfReach(path, step);
    }
  } catch (error) {
    throw placedError(error, path, step);
  }
}

/** Told before the trace walks the million units. Floats will do: the trace itself refuses exactly. */
function isOutOfReach({ spacing, reset }: Strategy, { wallets }: TraceDocument, price: DecimalString): boolean {
  if (spacing !== 'arithmetic' || reset.onAdvance !== null) return false;
  return wallets.some(({ anchor, unitSize }) => Number(price) - Number(anchor) > UNITS_MAX * Number(unitSize));
}

function outOfReach({ place, prices }: PricePath, step: number, cause?: unknown): HedgerowError {
  const problem = `the price is out of reach of the grid: below half a tick, or over a million units from the anchor; give a price nearer to the others`;
  return new HedgerowError('INPUT_INVALID', `${place}, price ${step + 1} (${prices[step] ?? ''}): ${problem}`, { cause });
}

/** Broken by the prices alone: an anchor that rounds to no tick, or a price more units away than any grid follows. */
const BROKEN_BY_PRICES = /^I(?:15 an anchor is a positive price|23 price is too many units)/;

function placedError(error: unknown, path: PricePath, step: number): unknown {
  if (!(error instanceof HedgerowError) || error.message.startsWith(path.place)) return error;
  if (error.code === 'INVARIANT_BROKEN') return BROKEN_BY_PRICES.test(error.message) ? outOfReach(path, step, error) : error;
  return new HedgerowError(error.code, `${path.place}: ${error.message}`, { cause: error });
}

type Printer = (document: TraceDocument, path: number) => string;

function jsonPrinter(isMany: boolean): Printer {
  return isMany ? (document, path) => `${JSON.stringify({ path, ...document })}\n` : (document) => `${JSON.stringify(document)}\n`;
}

function textPrinter(isMany: boolean, io: CliIo): Printer {
  const style = styleFor(io.stdout, io.env);
  return (document, path) => traceText(document, { path: isMany ? path : null, style });
}
