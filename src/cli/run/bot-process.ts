/**
 * One run of the bot on whatever it trades on: recovers every plan, drives them until the prices end, a signal comes or the lease is lost,
 * hears operators meanwhile, and sums up.
 */
import { LatchFile } from '../../adapters/files/latch-file.ts';
import { LOG_LEVELS, createPinoLog } from '../../adapters/system/pino-log.ts';
import { strategyHash } from '../../adapters/yaml/strategy-hash.ts';
import { isInputError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import type { RunnerDeps } from '../../engine/runner-parts.ts';
import { openRunner } from '../../engine/recovery.ts';
import { packageVersion } from '../version.ts';
import { operationOf, planFactsOf } from '../../engine/step.ts';
import type { Log } from '../../ports/log.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { isAskedByPerson } from '../operator/asked-reason.ts';
import type { BotHome } from './bot-home.ts';
import type { BotVenue } from './bot-venue.ts';
import { OperatorWatch, loudLatch } from './operator-watch.ts';
import { PhaseCounter, statusLine, summarise, summaryTable } from './run-report.ts';
import type { PlanSummary } from './run-report.ts';
import { StatusLines } from './status-lines.ts';
import type { StopSignal } from './stop-signal.ts';

export interface BotParts {
  readonly strategies: readonly Strategy[];
  readonly venue: BotVenue;
  readonly home: BotHome;
  readonly dataDir: string;
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
    const { venue, home, dataDir } = this.#parts;
    const startedAt = Date.now();
    const log = await this.#openLog();
    const latch = loudLatch(new LatchFile(dataDir, venue.name), log);
    await this.#openPlans(log, latch);
    const drive = venue.drive(this.#runners, log);
    const watch = await OperatorWatch.open({ plans: drive.plans, store: home.store, latch, venue: venue.name, dataDir, log, now: () => venue.clock.now() });
    try {
      await drive.run({ isOver: () => this.#isOver(), afterStep: () => this.#status?.refresh() });
      await watch.look();
      await drive.stop();
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
    const { venue, io, input } = this.#parts;
    const isTerminal = io.stderr.isTTY === true;
    if (isTerminal && !input.flag('json')) this.#status = new StatusLines(io.stderr, () => this.#runners.map((runner) => statusLine(runner, venue.clock.now())));
    const level = input.choice('log-level', LOG_LEVELS, venue.isRealTime ? 'info' : 'warn');
    const write = (line: string): void => {
      if (this.#status === null) io.stderr.write(line);
      else this.#status.writeAbove(line);
    };
    return createPinoLog({ level, write, isReadable: isTerminal, clock: venue.clock });
  }

  async #openPlans(log: Log, latch: NonNullable<RunnerDeps['latch']>): Promise<void> {
    const { strategies, venue, home } = this.#parts;
    const { leases } = home;
    const shared = { exchange: venue.exchange, store: leases?.guarded(home.store) ?? home.store, clock: venue.clock, log, latch, ...(leases === null ? {} : { lease: leases }) };
    // Beside each other: what they ask an account for once in a while is then one answer for all.
    this.#runners = await Promise.all(strategies.map((strategy) => {
      const observer = { phaseChanged: (wallet: string, _from: unknown, to: Parameters<PhaseCounter['note']>[2]) => this.#phases.note(strategy.name, wallet, to) };
      return openRunner(strategy, strategyHash(strategy), venue.name, { ...shared, observer }, packageVersion());
    }));
    log.info({ venue: venue.name, store: home.store.description, feed: venue.description, plans: strategies.map(({ name }) => name) }, 'bot started');
  }

  #isOver(): boolean {
    const { stop, home } = this.#parts;
    return stop.received !== null || (home.leases !== null && home.leases.lost !== null) || this.#runners.every((runner) => runner.failure !== null);
  }

  #report(plans: readonly PlanSummary[], seconds: number): void {
    const { io, venue, home, input, stop } = this.#parts;
    const { stdout } = io;
    const at = venue.lastPriceAt() === null ? null : new Date(venue.clock.now()).toISOString();
    if (input.flag('json')) {
      stdout.write(`${JSON.stringify({ venue: venue.name, feed: venue.description, store: home.store.description, until: at, stoppedBy: stop.received, plans })}\n`);
      return;
    }
    const until = at === null ? 'before the first price' : `until ${at.slice(0, 16).replace('T', ' ')} UTC`;
    stdout.write(`\n${venue.title}, ${venue.description}, ${until} (${seconds.toFixed(1)} s), kept in ${home.store.description}\n`);
    stdout.write(summaryTable(plans));
    stdout.write(venue.caveat);
    stdout.write(stop.received === null ? venue.farewell : `Stopped by ${stop.received}; orders rest where they were. The same command goes on from here.\n`);
  }
}

/** What a person asked for is nothing wrong; whatever else keeps a plan from running is. */
function exitCodeOf(runners: readonly PlanRunner[]): ExitCode {
  const failures = runners.flatMap(({ failure }) => (failure === null ? [] : [failure]));
  if (failures.length > 0) return failures.some((failure) => isInputError(failure)) ? 2 : 1;
  return runners.some(({ state }) => state !== null && operationOf(state) !== 'running' && !isAskedByPerson(planFactsOf(state).reason)) ? 1 : 0;
}
