/**
 * One run of the bot: recovers every plan, drives the world until its feed ends, a signal comes or the lease is lost, hears operators
 * meanwhile, and sums up.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { LatchFile } from '../../adapters/files/latch-file.ts';
import { LOG_LEVELS, createPinoLog } from '../../adapters/system/pino-log.ts';
import { redactedExchange } from '../../adapters/system/redacted-exchange.ts';
import { processSecrets } from '../../adapters/system/redaction.ts';
import { strategyHash } from '../../adapters/yaml/strategy-hash.ts';
import { isInputError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { PlanRunner, RunnerDeps } from '../../engine/plan-runner.ts';
import { openRunner } from '../../engine/recovery.ts';
import { operationOf, planFactsOf } from '../../engine/step.ts';
import type { Log } from '../../ports/log.ts';
import type { PriceFeed } from '../../ports/price-feed.ts';
import { WatchedExchange, World } from '../../sim/world.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { isAskedByPerson } from '../operator/asked-reason.ts';
import type { BotHome } from './bot-home.ts';
import { OperatorWatch, loudLatch } from './operator-watch.ts';
import { PhaseCounter, statusLine, summarise, summaryTable } from './run-report.ts';
import type { PlanSummary } from './run-report.ts';
import type { SimulatedRun } from './simulated-run.ts';
import { StatusLines } from './status-lines.ts';
import type { StopSignal } from './stop-signal.ts';

/** Ticks between two turns of the event loop while nothing else yields, so that signals are heard. */
const TICKS_PER_TURN = 500;
/** Between two prices of a paced run: operators and signals are heard this soon. */
const NAP_MS = 100;

export interface BotParts {
  readonly strategies: readonly Strategy[];
  readonly run: SimulatedRun;
  readonly home: BotHome;
  readonly dataDir: string;
  /** Null: as fast as it goes. */
  readonly speed: number | null;
  readonly stop: StopSignal;
  readonly input: CommandInput;
  readonly io: CliIo;
}

export class BotProcess {
  readonly #parts: BotParts;
  readonly #phases = new PhaseCounter();
  #status: StatusLines | null = null;
  #runners: readonly PlanRunner[] = [];

  constructor(parts: BotParts) {
    this.#parts = parts;
  }

  async run(): Promise<ExitCode> {
    const { run, home } = this.#parts;
    const startedAt = Date.now();
    const log = await this.#openLog();
    const latch = loudLatch(new LatchFile(this.#parts.dataDir, run.venue), log);
    const world = await this.#openWorld(log, latch);
    const watch = await OperatorWatch.open({ engine: world.engine, store: home.store, latch, venue: run.venue, dataDir: this.#parts.dataDir, log, now: () => run.exchange.now() });
    try {
      await this.#drive(world);
      await watch.look();
      await world.finish();
      await world.engine.stop();
    } finally {
      await watch.close();
      this.#status?.end();
    }
    if (home.leases !== null && home.leases.lost !== null) throw home.leases.lost;
    const plans = this.#runners.map((runner) => summarise(runner, this.#phases));
    this.#report(plans, (Date.now() - startedAt) / 1_000);
    return exitCodeOf(this.#runners);
  }

  async #openLog(): Promise<Log> {
    const { run, io, input, speed } = this.#parts;
    const isTerminal = io.stderr.isTTY === true;
    if (isTerminal && !input.flag('json')) this.#status = new StatusLines(io.stderr, () => this.#runners.map((runner) => statusLine(runner, run.exchange.now())));
    const level = input.choice('log-level', LOG_LEVELS, speed === null ? 'warn' : 'info');
    const write = (line: string): void => {
      if (this.#status === null) io.stderr.write(line);
      else this.#status.writeAbove(line);
    };
    return createPinoLog({ level, write, isReadable: isTerminal, clock: run.exchange });
  }

  async #openWorld(log: Log, latch: NonNullable<RunnerDeps['latch']>): Promise<World> {
    const { strategies, run, home } = this.#parts;
    const { exchange, venue } = run;
    const watched = new WatchedExchange(exchange);
    const { leases } = home;
    const port = processSecrets.isArmed ? redactedExchange(watched.port, processSecrets) : watched.port;
    const shared = { exchange: port, store: leases?.guarded(home.store) ?? home.store, clock: exchange, log, latch, ...(leases === null ? {} : { lease: leases }) };
    const runners: PlanRunner[] = [];
    for (const strategy of strategies) {
      const observer = { phaseChanged: (wallet: string, _from: unknown, to: Parameters<PhaseCounter['note']>[2]) => this.#phases.note(strategy.name, wallet, to) };
      runners.push(await openRunner(strategy, strategyHash(strategy), venue, { ...shared, observer }));
    }
    this.#runners = runners;
    log.info({ venue, store: home.store.description, feed: run.description, plans: strategies.map(({ name }) => name) }, 'bot started');
    const world = new World(exchange, watched, runners);
    await world.quiesce();
    return world;
  }

  #isOver(): boolean {
    const { stop, home } = this.#parts;
    return stop.received !== null || (home.leases !== null && home.leases.lost !== null) || this.#runners.every((runner) => runner.failure !== null);
  }

  async #drive(world: World): Promise<void> {
    const { speed, run } = this.#parts;
    let ticks = 0;
    await world.run(speed === null ? run.feed : this.#paced(world, run.feed, speed), {
      isStopped: () => this.#isOver(),
      afterTick: async () => {
        ticks += 1;
        if (ticks % TICKS_PER_TURN === 0) await nextTurn();
        this.#status?.refresh();
      },
    });
  }

  /** The feed at a multiple of real time: before the first tick of each moment the time until it passes. */
  #paced(world: World, feed: PriceFeed, speed: number): PriceFeed {
    const pace = (fromAt: number, toAt: number): Promise<void> => this.#pace(world, fromAt, toAt, speed);
    return {
      identity: feed.identity,
      async *ticks(afterAt) {
        let previousAt: number | null = null;
        for await (const tick of feed.ticks(afterAt)) {
          if (previousAt !== null && tick.at > previousAt) await pace(previousAt, tick.at);
          previousAt = tick.at;
          yield tick;
        }
      },
    };
  }

  /** Waits in short naps, in which the world's time goes on and whatever was asked for is done. */
  async #pace(world: World, fromAt: number, toAt: number, speed: number): Promise<void> {
    const startedAt = performance.now();
    const until = startedAt + (toAt - fromAt) / speed;
    for (let now = startedAt; now < until && !this.#isOver(); now = performance.now()) {
      await sleep(Math.min(until - now, NAP_MS));
      if (!world.engine.isSettled) await world.quiesce();
      await world.passTimeUntil(Math.min(toAt, Math.floor(fromAt + (performance.now() - startedAt) * speed)));
      this.#status?.refresh();
    }
  }

  #report(plans: readonly PlanSummary[], seconds: number): void {
    const { io, run, home, input, stop } = this.#parts;
    const { stdout } = io;
    const at = run.exchange.lastTickAt() === null ? null : new Date(run.exchange.now()).toISOString();
    if (input.flag('json')) {
      stdout.write(`${JSON.stringify({ venue: run.venue, feed: run.description, store: home.store.description, until: at, stoppedBy: stop.received, plans })}\n`);
      return;
    }
    const until = at === null ? 'before the first price' : `until ${at.slice(0, 16).replace('T', ' ')} UTC`;
    stdout.write(`\nSimulated exchange, ${run.description}, ${until} (${seconds.toFixed(1)} s), kept in ${home.store.description}\n`);
    stdout.write(summaryTable(plans));
    if (run.isGenerated) stdout.write('Generated prices show how the plans behave, not what they earn.\n');
    stdout.write(stop.received === null ? NEXT_STEPS : `Stopped by ${stop.received}; orders rest where they were. The same command goes on from here.\n`);
  }
}

/** What a person asked for is nothing wrong; whatever else keeps a plan from running is. */
function exitCodeOf(runners: readonly PlanRunner[]): ExitCode {
  const failures = runners.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  if (failures.length > 0) return failures.some((failure) => isInputError(failure)) ? 2 : 1;
  return runners.some(({ state }) => state !== null && operationOf(state) !== 'running' && !isAskedByPerson(planFactsOf(state).reason)) ? 1 : 0;
}

const NEXT_STEPS = `
Next:
  npm run --silent hedgerow -- status                                 how the plans stand
  npm run --silent hedgerow -- check strategies/btc-rotation.yaml     what a strategy file means, order by order
  npm run --silent hedgerow -- plan strategies                        what rests now, and what would move and why
  npm run --silent hedgerow -- simulate strategies/btc-rotation.yaml  hundreds of random price paths, each step audited
  npm start -- --feed FILE.csv.gz                                     the same on your own candles
`;
