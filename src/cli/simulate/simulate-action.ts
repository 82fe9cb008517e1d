/** `hedgerow simulate`: reads its input, shows progress on a terminal, prints the report; exits 1 when an invariant was broken. */
import { SingleBar } from 'cli-progress';
import { loadStrategyFile } from '../../adapters/yaml/load-strategy.ts';
import type { DecimalString } from '../../domain/decimal.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { EXAMPLE_SYMBOLS } from '../../sim/price-generator.ts';
import { replay, simulate } from '../../sim/simulation.ts';
import { parsePath } from '../../sim/simulation/sim-path.ts';
import { lastClose, openCandleSource } from '../candle-source.ts';
import type { CandleSource } from '../candle-source.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { Output } from '../output.ts';
import { styleFor } from '../style.ts';
import { replayCommand, simulationText } from './simulation-text.ts';

const RUNS_DEFAULT = 300;
const RUNS_MAX = 1_000_000;
const SEED_DEFAULT = 1;
const SEED_MAX = 2_147_483_647;
const STEPS_DEFAULT = 60;
const STEPS_MAX = 10_000;

export async function simulateAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const file = input.argument(0);
  const runs = input.whole('runs', 1, RUNS_MAX) ?? RUNS_DEFAULT;
  const seed = input.whole('seed', 0, SEED_MAX) ?? SEED_DEFAULT;
  const steps = input.whole('steps', 1, STEPS_MAX) ?? STEPS_DEFAULT;
  const pathGiven = input.text('path');
  const path = pathGiven === null ? null : parsePath(pathGiven);
  const strategy = await loadStrategyFile(file);
  if (strategy.exchange.market === null) {
    throw inputError(`${file} trades on ${strategy.exchange.id}; simulate a copy with exchange: { id: simulated, market: { tickSize: …, amountStep: …, takerFee: … } }`);
  }
  const candleFile = input.text('candles');
  const candles = candleFile === null ? null : await openCandleSource(candleFile);
  const startPrice = startPriceOf(strategy, input.positive('price'), candles);
  const progress = progressOn(io, path === null ? runs : 0);
  try {
    const report =
      path === null
        ? await simulate({ strategy, startPrice, runs, seed, steps, candles: candles?.candles ?? null, isHarsh: input.flag('harsh'), onPath: (done) => progress.show(done) })
        : await replay({ strategy, startPrice, seed }, path);
    progress.end();
    const command = report.violation === null ? null : replayCommand(file, report);
    const text = input.flag('json') ? `${JSON.stringify({ ...report, replay: command })}\n` : simulationText(report, command, styleFor(io.stdout, io.env));
    const output = new Output(io.stdout);
    void output.write(text);
    await output.flush();
    return report.violation === null ? 0 : 1;
  } finally {
    progress.end();
  }
}

function startPriceOf({ symbol }: Strategy, given: DecimalString | null, candles: CandleSource | null): DecimalString {
  const known = given ?? (candles === null ? EXAMPLE_SYMBOLS.find((example) => example.symbol === symbol)?.startPrice : lastClose(candles));
  if (known === undefined) throw inputError(`no price to start ${symbol} at is known; add --price PRICE, or --candles FILE`);
  return known;
}

interface Progress {
  readonly show: (done: number) => void;
  readonly end: () => void;
}

/** On a terminal's standard error only. */
function progressOn(io: CliIo, runs: number): Progress {
  if (io.stderr.isTTY !== true || runs === 0) return { show: () => {}, end: () => {} };
  const bar = new SingleBar({ format: 'simulating {bar} {value}/{total} paths, {eta_formatted} left', stream: io.stderr, clearOnComplete: true, hideCursor: true });
  bar.start(runs, 0);
  return { show: (done) => bar.update(done), end: () => bar.stop() };
}
