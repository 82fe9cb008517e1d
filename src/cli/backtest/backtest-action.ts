/** `hedgerow backtest`: reads strategies, data and markets, runs the plans, and prints or writes what came out. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strategyHash } from '../../adapters/yaml/strategy-hash.ts';
import { sumOfPlans } from '../../backtest/plan-sum.ts';
import { resultDocument, resultText } from '../../backtest/result-document.ts';
import { columnPrice } from '../../domain/candle-columns.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { DEFAULT_LIQUIDATION_FEE } from '../../sim/exchange/config.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { Output } from '../output.ts';
import { errorText } from '../report-error.ts';
import { StopSignal } from '../run/stop-signal.ts';
import { printable, styleFor, type Style } from '../style.ts';
import { wrappedList, wrappedText } from '../text-layout.ts';
import { packageVersion } from '../version.ts';
import { removeAside, writeAside } from './aside-file.ts';
import { backtestWishOf, type BacktestWish, type OutputWish } from './backtest-wish.ts';
import { DataDesk, type PlanData, type PlanOfFile } from './plan-data.ts';
import { runResult, type PlanFiles, type PlanJob } from './plan-job.ts';
import { marketOfPlan, offTickNote, type PlanMarket } from './plan-market.ts';
import { planProgress } from './plan-progress.ts';
import { doPlanJobs, type PlanOutcome } from './plan-worker.ts';
import { repeatCommand } from './repeat-command.ts';
import { summaryText } from './summary-text.ts';

export async function backtestAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const wish = backtestWishOf(input);
  const files = await readStrategyFiles(wish.paths, wish.overrides);
  const invalid = files.filter((file) => !file.isValid);
  for (const { error } of invalid) io.stderr.write(errorText(error));
  if (invalid.length > 0) return 2;
  const all = files.filter((file) => file.isValid);
  const threads = Math.min(wish.threads, all.length);
  const desk = new DataDesk(wish.data, all, { isShared: threads > 1, isHashed: isDocumented(wish.output) });
  const { plans, leftOut } = desk.plansWithData();
  checkOutputs(wish.output, plans);
  const prepared = await preparedPlans(plans, desk, wish, io);
  if (prepared === null) return 2;
  for (const note of [...leftOut, ...prepared.flatMap(({ notes }) => notes)]) io.stderr.write(`hedgerow: ${note}\n`);
  const jobs = prepared.map((plan, index) => planJob(plan, index, wish));
  const outcomes = await outcomesOf(jobs, threads, io);
  return outcomes === null ? 1 : told(prepared, jobs, outcomes, wish, io);
}

type DonePlan = PlanOutcome & { readonly type: 'done' };

/** A plan with everything it runs on. */
interface PreparedPlan extends PlanOfFile {
  readonly data: PlanData;
  readonly market: PlanMarket;
  /** What the user should know before he reads the result. */
  readonly notes: readonly string[];
}

/** Null when something is wrong with any of them, which has been told then: a run of the others would not be what was asked for. */
async function preparedPlans(plans: readonly PlanOfFile[], desk: DataDesk, wish: BacktestWish, io: CliIo): Promise<PreparedPlan[] | null> {
  const prepared: PreparedPlan[] = [];
  let isWhole = true;
  for (const plan of plans) {
    try {
      prepared.push(await preparedPlan(plan, desk, wish));
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code === 'INVARIANT_BROKEN') throw error;
      io.stderr.write(errorText(error));
      isWhole = false;
    }
  }
  return isWhole ? prepared : null;
}

async function preparedPlan(plan: PlanOfFile, desk: DataDesk, wish: BacktestWish): Promise<PreparedPlan> {
  const data = await desk.dataOf(plan);
  const firstPrice = columnPrice(data.candles.open[0] ?? 0, data.candles.priceDecimals);
  const market = await marketOfPlan(plan.file, plan.strategy, { fees: wish.fees, slippage: wish.slippage, tiersFile: wish.tiersFile, folder: wish.data.folder }, firstPrice);
  const offTick = offTickNote(plan.strategy, market.market, data.candles);
  return { ...plan, data, market, notes: [...data.notes, ...(offTick === null ? [] : [offTick])] };
}

/** Something that shows what the data were is printed or written. */
function isDocumented({ isJson, json, html, out }: OutputWish): boolean {
  return isJson || [json, html, out].some((path) => path !== null);
}

/** Throws INPUT_INVALID for files of one plan when there are several, and for two plans of one name. */
function checkOutputs({ trades, equity, html, out }: OutputWish, plans: readonly PlanOfFile[]): void {
  const single = Object.entries({ trades, equity, html }).find(([, path]) => path !== null)?.[0];
  if (single !== undefined && plans.length > 1) throw inputError(`--${single} is for one strategy, and ${plans.length} are run; give --out FOLDER for all files of all of them`);
  const names = plans.map(({ strategy }) => strategy.name);
  const twice = plans.find(({ strategy }, index) => names.indexOf(strategy.name) !== index);
  if (twice !== undefined && out !== null) throw inputError(`${twice.file}: its name ${twice.strategy.name} is also that of another file, and --out names files after it; give it another, or run it on its own`);
}

function planJob({ file, strategy, data, market: { market } }: PreparedPlan, index: number, wish: BacktestWish): PlanJob {
  const { candles, history, mark, funding, detail, fundingAssumption, origins, period } = data;
  const { marginMode, positionMode, triggerBy } = strategy.exchange;
  const { rangeSlippage, volumeShare, maxStopSlip } = wish.fills;
  return {
    index,
    file,
    input: { strategy, market, candles, history, mark, funding, detail, path: wish.path, fills: wish.fills },
    assumptions: {
      path: wish.path,
      leverage: strategy.leverage,
      marginMode,
      positionMode,
      triggerBy,
      takerFee: market.takerFee,
      makerFee: market.makerFee,
      slippage: market.slippage ?? '0',
      liquidationFee: market.liquidationFee ?? DEFAULT_LIQUIDATION_FEE,
      rangeSlippage,
      volumeShare,
      maxStopSlip,
      maintenanceTiers: market.maintenanceTiers?.length ?? 1,
      markTimeframeMs: mark?.timeframeMs ?? null,
      funding: fundingAssumption,
      detailTimeframeMs: detail?.timeframeMs ?? null,
    },
    data: origins,
    strategyHash: strategyHash(strategy),
    overrides: wish.overrideTexts,
    text: readFileSync(file, 'utf8'),
    command: repeatCommand(file, wish, period),
    version: packageVersion(),
    ...filesOf(strategy.name, wish.output),
    isRecordWanted: wish.output.isJson || wish.output.json !== null,
  };
}

function filesOf(name: string, { trades, equity, html, out }: OutputWish): Pick<PlanJob, 'files' | 'fileOptions'> {
  const kinds = { json: [null, '.json'], trades: [trades, '-trades.csv'], equity: [equity, '-equity.csv'], html: [html, '.html'] } as const;
  const entries = Object.entries(kinds).map(([kind, [path, ending]]) => [kind, path ?? (out === null ? null : join(out, `${name}${ending}`)), path === null ? '--out' : `--${kind}`] as const);
  return {
    files: Object.fromEntries(entries.map(([kind, path]) => [kind, path])) as unknown as PlanFiles,
    fileOptions: Object.fromEntries(entries.map(([kind, , option]) => [kind, option])) as PlanJob['fileOptions'],
  };
}

/** Null when it was stopped, which has been told then. */
async function outcomesOf(jobs: readonly PlanJob[], threads: number, io: CliIo): Promise<readonly PlanOutcome[] | null> {
  // One plan keeps the process busy to its end: the signal's own effect ends it, and nothing is written yet.
  if (jobs.length === 1) return doPlanJobs(jobs, 1, () => {}, new AbortController().signal);
  const progress = planProgress(io, jobs.length);
  const stopped = new AbortController();
  const stop = new StopSignal(() => stopped.abort());
  try {
    const outcomes = await doPlanJobs(jobs, threads, (done) => progress.show(done), stopped.signal);
    if (!stopped.signal.aborted) return outcomes;
    progress.end();
    for (const path of jobs.flatMap(({ files }) => Object.values<string | null>({ ...files }))) if (path !== null) await removeAside(path);
    io.stderr.write(`hedgerow: stopped by ${stop.received ?? 'a signal'} after ${outcomes.filter((outcome) => outcome !== undefined).length} of ${jobs.length} strategies; their files under --out are whole, nothing else was written\n`);
    return null;
  } finally {
    progress.end();
    stop.release();
  }
}

async function told(prepared: readonly PreparedPlan[], jobs: readonly PlanJob[], outcomes: readonly PlanOutcome[], wish: BacktestWish, io: CliIo): Promise<ExitCode> {
  const done = outcomes.filter((outcome): outcome is DonePlan => outcome.type === 'done');
  const { isJson, json } = wish.output;
  if (isJson || json !== null) {
    const runs = done.flatMap(({ index, result: { metrics, bounds, record } }) => (jobs[index] === undefined || record === null ? [] : [runResult(jobs[index], { record, metrics, bounds })]));
    const text = resultText(resultDocument(runs, packageVersion()));
    if (json !== null) await writeAside(json, [text], '--json');
    if (isJson) await printed(text, io);
  }
  if (!isJson && done.length > 0) await printed(summaryOf(done, prepared, jobs, wish, styleFor(io.stdout, io.env)), io);
  for (const { data } of prepared) for (const line of data.missing) io.stderr.write(`hedgerow: ${line}\n`);
  const refused = outcomes.filter((outcome) => outcome.type === 'refused');
  for (const { index, code, message } of refused) io.stderr.write(errorText(new HedgerowError(code, `${jobs[index]?.file ?? ''}: ${message}`)));
  if (refused.length > 0) return refused.some(({ code }) => code === 'INVARIANT_BROKEN') ? 1 : 2;
  return prepared.some(({ data }) => data.missing.length > 0) ? 1 : 0;
}

function summaryOf(done: readonly DonePlan[], prepared: readonly PreparedPlan[], jobs: readonly PlanJob[], { output }: BacktestWish, style: Style): string {
  const plans = done.flatMap(({ index, result: { metrics, bounds } }) => (jobs[index] === undefined ? [] : [{ metrics, bounds, assumptions: jobs[index].assumptions, data: jobs[index].data, overrides: jobs[index].overrides }]));
  const [only, ...others] = done;
  const written = [...(output.json === null ? [] : [output.json]), ...done.flatMap(({ result }) => result.written)];
  const from = only === undefined || others.length > 0 ? [] : fromLines(prepared[only.index]);
  const lines = [...from, ...(written.length === 0 ? [] : wrappedList('  written: ', output.out !== null && others.length > 0 ? [`${written.length} files in ${output.out}`] : written))];
  return `${summaryText(plans, sumOfPlans(plans.map(({ metrics }) => metrics)), style)}${lines.map((line) => `${style.dim(printable(line))}\n`).join('')}`;
}

/** Where data, fees and margins come from. */
function fromLines(plan: PreparedPlan | undefined): string[] {
  if (plan === undefined) return [];
  const { data, market } = plan;
  const tables = data.origins.filter(({ what }) => what !== 'history').map(({ what, source }) => `${what} ${source}`);
  return [...wrappedList('  data: ', tables), ...wrappedText('  fees: ', market.feesFrom), ...wrappedText('  maintenance: ', market.tiersFrom)];
}

async function printed(text: string, { stdout }: CliIo): Promise<void> {
  const output = new Output(stdout);
  void output.write(text);
  await output.flush();
}
