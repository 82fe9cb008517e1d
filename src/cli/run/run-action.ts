/**
 * `hedgerow run`: the headless bot. Opens the store and the exchange, recovers every plan, drives them until the feed ends or a
 * signal comes, and leaves resting orders where they are. Exit code 1 when a plan stopped on what it found, 2 on wrong input.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { lockDataDir } from '../../adapters/postgres/data-dir-lock.ts';
import { makeDataDir, openStore } from '../../adapters/postgres/open-store.ts';
import { LOG_LEVELS, createPinoLog } from '../../adapters/system/pino-log.ts';
import { strategyHash } from '../../adapters/yaml/strategy-hash.ts';
import { HedgerowError, isInputError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { refuseSharedPositions } from '../../engine/engine.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import { openRunner } from '../../engine/recovery.ts';
import { operationOf } from '../../engine/step.ts';
import type { Store } from '../../ports/store.ts';
import { WatchedExchange, World } from '../../sim/world.ts';
import { CommandInput, inputError } from '../command-input.ts';
import type { CliIo, CommandAction, ExitCode } from '../command-spec.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { matchFeeds } from './feed-match.ts';
import { PhaseCounter, statusLine, summarise, summaryTable } from './run-report.ts';
import type { PlanSummary } from './run-report.ts';
import { feedChoiceOf, openSimulatedRun, prepareSimulatedRun } from './simulated-run.ts';
import type { SimulatedRun } from './simulated-run.ts';
import { StatusLines } from './status-lines.ts';

/** Ticks between two turns of the event loop while nothing else yields, so that signals are heard. */
const TICKS_PER_TURN = 500;

export const runAction: CommandAction = async (input, io) => {
  const given = input.argumentList(0);
  const { strategies, notes } = await matchFeeds(await loadStrategies(given.length === 0 ? ['strategies'] : given), input.texts('feed'));
  for (const note of notes) io.stderr.write(`hedgerow: ${note}\n`);
  const dataDir = input.text('data') ?? '.hedgerow';
  const speed = speedOf(input);
  const stop = new StopSignal();
  try {
    return await runBot(strategies, dataDir, speed, stop, input, io);
  } finally {
    stop.release();
  }
};

async function runBot(strategies: readonly Strategy[], dataDir: string, speed: number | null, stop: StopSignal, input: CommandInput, io: CliIo): Promise<ExitCode> {
  const prepared = await prepareSimulatedRun(strategies, feedChoiceOf(input));
  // The store, or the lock alone, keeps other processes off the folder before the exchange's book in it is touched (I16).
  const databaseUrl = io.env['DATABASE_URL'] ?? '';
  const lock = databaseUrl === '' ? null : await lockDataDir(makeDataDir(dataDir));
  try {
    const store = await openStore(databaseUrl === '' ? { dataDir } : { databaseUrl });
    try {
      const run = openSimulatedRun(prepared, dataDir);
      try {
        return await new BotProcess(strategies, run, store, speed, stop, input, io).run();
      } finally {
        run.close();
      }
    } finally {
      await store.close();
    }
  } finally {
    await lock?.release();
  }
}

/** SIGINT and SIGTERM end the run after the tick under way; a second one ends the process at once. */
class StopSignal {
  received: NodeJS.Signals | null = null;
  readonly #listener = (signal: NodeJS.Signals): void => {
    if (this.received !== null) process.exit(1);
    this.received = signal;
  };

  constructor() {
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  release(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}

/** Every file has to be valid; otherwise what is wrong with all of them is said at once. */
export async function loadStrategies(given: readonly string[]): Promise<Strategy[]> {
  const files = await readStrategyFiles(given);
  const errors = files.flatMap((file) => (file.isValid ? [] : [file.error]));
  const [first] = errors;
  if (first !== undefined) throw new HedgerowError(first.code, errors.map(({ message }) => message).join('\n'));
  const strategies = files.flatMap((file) => (file.isValid ? [file.strategy] : []));
  refuseSharedPositions(strategies);
  return strategies;
}

/** Null: as fast as it goes. */
function speedOf(input: CommandInput): number | null {
  const text = input.text('speed') ?? 'max';
  if (text === 'max') return null;
  const match = /^(\d{1,7}(?:\.\d{1,3})?)x?$/.exec(text);
  const speed = Number(match?.[1] ?? NaN);
  if (!(speed > 0)) throw inputError(`--speed ${JSON.stringify(text)} is neither max nor a factor such as 1 (real time) or 60x`);
  return speed;
}

class BotProcess {
  readonly #strategies: readonly Strategy[];
  readonly #run: SimulatedRun;
  readonly #store: Store;
  readonly #speed: number | null;
  readonly #stop: StopSignal;
  readonly #input: CommandInput;
  readonly #io: CliIo;
  readonly #phases = new PhaseCounter();
  #status: StatusLines | null = null;
  #runners: readonly PlanRunner[] = [];

  constructor(strategies: readonly Strategy[], run: SimulatedRun, store: Store, speed: number | null, stop: StopSignal, input: CommandInput, io: CliIo) {
    this.#strategies = strategies;
    this.#run = run;
    this.#store = store;
    this.#speed = speed;
    this.#stop = stop;
    this.#input = input;
    this.#io = io;
  }

  async run(): Promise<ExitCode> {
    const startedAt = Date.now();
    const world = await this.#openWorld();
    try {
      await this.#drive(world);
      await world.finish();
      await world.engine.stop();
    } finally {
      this.#status?.end();
    }
    const plans = this.#runners.map((runner) => summarise(runner, this.#phases));
    this.#report(plans, (Date.now() - startedAt) / 1_000);
    return exitCodeOf(this.#runners);
  }

  async #openWorld(): Promise<World> {
    const { exchange, venue } = this.#run;
    const watched = new WatchedExchange(exchange);
    const isTerminal = this.#io.stderr.isTTY === true;
    if (isTerminal && !this.#input.flag('json')) this.#status = new StatusLines(this.#io.stderr, () => this.#runners.map((runner) => statusLine(runner, exchange.now())));
    const level = this.#input.choice('log-level', LOG_LEVELS, this.#speed === null ? 'warn' : 'info');
    const write = (line: string): void => {
      if (this.#status === null) this.#io.stderr.write(line);
      else this.#status.writeAbove(line);
    };
    const log = await createPinoLog({ level, write, isReadable: isTerminal, clock: exchange });
    const runners: PlanRunner[] = [];
    for (const strategy of this.#strategies) {
      const observer = { phaseChanged: (wallet: string, _from: unknown, to: Parameters<PhaseCounter['note']>[2]) => this.#phases.note(strategy.name, wallet, to) };
      runners.push(await openRunner(strategy, strategyHash(strategy), venue, { exchange: watched.port, store: this.#store, clock: exchange, log, observer }));
    }
    this.#runners = runners;
    log.info({ venue, store: this.#store.description, feed: this.#run.description, plans: this.#strategies.map(({ name }) => name) }, 'bot started');
    const world = new World(exchange, watched, runners);
    await world.quiesce();
    return world;
  }

  async #drive(world: World): Promise<void> {
    let ticks = 0;
    let previousAt: number | null = null;
    await world.run(this.#run.feed, {
      isStopped: () => this.#stop.received !== null || this.#runners.every((runner) => runner.failure !== null),
      afterTick: async ({ at }) => {
        ticks += 1;
        if (this.#speed !== null && previousAt !== null && at > previousAt) await this.#pace((at - previousAt) / this.#speed);
        else if (ticks % TICKS_PER_TURN === 0) await nextTurn();
        previousAt = at;
        this.#status?.refresh();
      },
    });
  }

  /** Waits in short naps, so that a signal ends it soon. */
  async #pace(waitMs: number): Promise<void> {
    const until = Date.now() + waitMs;
    for (let rest = waitMs; rest > 0 && this.#stop.received === null; rest = until - Date.now()) {
      await sleep(Math.min(rest, 200));
      this.#status?.refresh();
    }
  }

  #report(plans: readonly PlanSummary[], seconds: number): void {
    const { stdout } = this.#io;
    const at = new Date(this.#run.exchange.now()).toISOString();
    if (this.#input.flag('json')) {
      stdout.write(`${JSON.stringify({ venue: this.#run.venue, feed: this.#run.description, store: this.#store.description, until: at, stoppedBy: this.#stop.received, plans })}\n`);
      return;
    }
    stdout.write(`\nSimulated exchange, ${this.#run.description}, until ${at.slice(0, 16).replace('T', ' ')} UTC (${seconds.toFixed(1)} s), kept in ${this.#store.description}\n`);
    stdout.write(summaryTable(plans));
    if (this.#run.isGenerated) stdout.write('Generated prices show how the plans behave, not what they earn.\n');
    stdout.write(this.#stop.received === null ? NEXT_STEPS : `Stopped by ${this.#stop.received}; orders rest where they were. The same command goes on from here.\n`);
  }
}

function exitCodeOf(runners: readonly PlanRunner[]): ExitCode {
  const failures = runners.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  const hasDiverged = runners.some(({ state }) => state !== null && operationOf(state) === 'diverged');
  if (failures.length === 0) return hasDiverged ? 1 : 0;
  return failures.some((failure) => isInputError(failure)) ? 2 : 1;
}

const NEXT_STEPS = `
Next:
  npm run --silent hedgerow -- check strategies/btc-rotation.yaml     what a strategy file means, order by order
  npm run --silent hedgerow -- plan strategies                        what rests now, and what would move and why
  npm run --silent hedgerow -- simulate strategies/btc-rotation.yaml  hundreds of random price paths, each step audited
  npm start -- --feed FILE.csv.gz                                     the same on your own candles
`;
