/**
 * `npm run bench`: how fast the house is, as one table. Nothing here is asserted about time; goals are shown beside what was measured.
 */
import { parseArgs } from 'node:util';
import { backtestProcess } from './backtest-process.ts';
import { backtestReplay } from './backtest-replay.ts';
import type { Bench } from './bench.ts';
import { candleLoading } from './candle-loading.ts';
import { idlePrices } from './idle-prices.ts';
import { journalCommits } from './journal-commits.ts';
import { journalGrowth } from './journal-growth.ts';
import { liveLoad, liveWire } from './live-wire.ts';
import { longJournals } from './long-journals.ts';
import { machineCost } from './machine-cost.ts';
import { measure } from './measure.ts';
import type { RowResult } from './measure.ts';
import { planMemory } from './plan-memory.ts';
import { jsonReport, textReport } from './report.ts';
import { simulatedExchangeSteps } from './simulated-exchange-steps.ts';
import { startUp } from './start-up.ts';
import { touchesAndFills } from './touches-and-fills.ts';
import { traceDocuments } from './trace-documents.ts';
import { wholeBot } from './whole-bot.ts';

const BENCHES: readonly Bench[] = [idlePrices, touchesAndFills, machineCost, traceDocuments, simulatedExchangeSteps, wholeBot, backtestReplay, journalCommits, journalGrowth, longJournals, planMemory, candleLoading, startUp, backtestProcess, liveWire, liveLoad];
const DEFAULT_ROUNDS = '5';
const ROUNDS_MAX = 1_000;
const EXIT_WRONG_INPUT = 2;

const USAGE = `npm run bench -- [options]

  --only TEXT     groups or rows whose name contains it
  --rounds N      how often each row is measured (default ${DEFAULT_ROUNDS})
  --json          the results as one JSON document
`;

interface Options {
  /** The usage is all that is wanted. */
  readonly isHelp: boolean;
  readonly only: string;
  readonly rounds: number;
  readonly isJson: boolean;
}

function readOptions(): Options {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, rounds: { type: 'string', default: DEFAULT_ROUNDS }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) throw new RangeError(`--rounds ${JSON.stringify(values.rounds)} is not a whole number from 1 to ${ROUNDS_MAX}`);
  return { isHelp: values.help, only: values.only.toLowerCase(), rounds, isJson: values.json };
}

/** A group named by the text is shown whole; else its rows that are. */
function isWanted({ group, name }: { readonly group: string; readonly name: string }, only: string): boolean {
  return group.toLowerCase().includes(only) || name.toLowerCase().includes(only);
}

async function measureAll({ only, rounds }: Options): Promise<RowResult[]> {
  const wanted = BENCHES.filter((bench) => bench.rows.some(({ name }) => isWanted({ group: bench.group, name }, only)));
  if (wanted.length === 0) throw new RangeError(`--only ${JSON.stringify(only)} names no row; groups are: ${BENCHES.map(({ group }) => group).join('; ')}`);
  const results: RowResult[] = [];
  for (const bench of wanted) {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[Kmeasuring: ${bench.group}`);
    results.push(...(await measure(bench, rounds)).filter((result) => isWanted(result, only)));
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  return results;
}

try {
  const options = readOptions();
  if (options.isHelp) process.stdout.write(USAGE);
  else {
    const results = await measureAll(options);
    process.stdout.write(`${options.isJson ? jsonReport(results) : textReport(results)}\n`);
  }
} catch (error) {
  // Node's own argument errors are TypeErrors with a code; both kinds are the caller's.
  const isInput = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
  process.stderr.write(isInput ? `bench: ${(error as Error).message}\n\n${USAGE}` : `bench: ${(error as Error).stack ?? String(error)}\n`);
  process.exitCode = isInput ? EXIT_WRONG_INPUT : 1;
}
