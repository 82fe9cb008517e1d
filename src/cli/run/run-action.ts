/**
 * `hedgerow run`: the headless bot. Opens the store and the exchange, recovers every plan, drives them until the feed ends or a
 * signal comes, and leaves resting orders where they are. Exit code 1 when a plan stopped on what it found, 2 on wrong input.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { refuseSharedPositions } from '../../engine/engine.ts';
import type { CommandInput } from '../command-input.ts';
import { inputError } from '../command-input.ts';
import type { CliIo, CommandAction, ExitCode } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { LEASE_TTL_SECONDS } from './account-leases.ts';
import { inBotHome } from './bot-home.ts';
import { BotProcess } from './bot-process.ts';
import { matchFeeds } from './feed-match.ts';
import { feedChoiceOf, openSimulatedRun, prepareSimulatedRun, venueOf } from './simulated-run.ts';
import { StopSignal } from './stop-signal.ts';

/** Below, a store that is slow for a moment would cost the lease; above, a killed bot's stops are left alone too long. */
const LEASE_TTL_SECONDS_MIN = 3;
const LEASE_TTL_SECONDS_MAX = 600;

export const runAction: CommandAction = async (input, io) => {
  const given = input.argumentList(0);
  const { strategies, notes } = await matchFeeds(await loadStrategies(given.length === 0 ? ['strategies'] : given), input.texts('feed'));
  for (const note of notes) io.stderr.write(`hedgerow: ${note}\n`);
  const speed = speedOf(input);
  const stop = new StopSignal();
  try {
    return await runBot(strategies, dataDirOf(input), speed, stop, input, io);
  } finally {
    stop.release();
  }
};

async function runBot(strategies: readonly Strategy[], dataDir: string, speed: number | null, stop: StopSignal, input: CommandInput, io: CliIo): Promise<ExitCode> {
  const prepared = await prepareSimulatedRun(strategies, feedChoiceOf(input));
  const wishes = {
    strategies,
    venue: venueOf(prepared.worldId),
    worldId: prepared.worldId,
    dataDir,
    databaseUrl: io.env['DATABASE_URL'] ?? '',
    isStandby: input.flag('standby'),
    leaseTtlMs: 1_000 * (input.whole('lease-ttl', LEASE_TTL_SECONDS_MIN, LEASE_TTL_SECONDS_MAX) ?? LEASE_TTL_SECONDS),
    stop,
    tell: (line: string) => void io.stderr.write(`hedgerow: ${line}\n`),
  };
  const code = await inBotHome(wishes, async (home) => {
    const run = openSimulatedRun(prepared, dataDir);
    try {
      return await new BotProcess({ strategies, run, home, dataDir, speed, stop, input, io }).run();
    } finally {
      run.close();
    }
  });
  return code ?? 0;
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
