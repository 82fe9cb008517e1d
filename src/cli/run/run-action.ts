/**
 * `hedgerow run`: the headless bot. Opens the store and what it trades on, recovers every plan, drives them until the prices end or a
 * signal comes, and leaves resting orders where they are. Exit code 1 when a plan stopped on what it found, 2 on wrong input.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { refuseSharedPositions } from '../../engine/engine.ts';
import type { CommandInput } from '../command-input.ts';
import { inputError } from '../command-input.ts';
import type { CommandAction, ExitCode } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { matchFeeds } from './feed-match.ts';
import { homeWishes, runIn } from './run-in-home.ts';
import type { RunRequest } from './run-in-home.ts';
import { feedChoiceOf, openSimulatedRun, prepareSimulatedRun, simulatedFolder, venueOf } from './simulated-run.ts';
import { StopSignal } from './stop-signal.ts';
import { venueChoiceOf } from './venue-choice.ts';

export const runAction: CommandAction = async (input, io) => {
  const given = input.argumentList(0);
  const { strategies, notes } = await matchFeeds(await loadStrategies(given.length === 0 ? ['strategies'] : given), input.texts('feed'));
  for (const note of notes) io.stderr.write(`hedgerow: ${note}\n`);
  const stop = new StopSignal();
  try {
    return await runBot({ strategies, dataDir: dataDirOf(input), stop, input, io });
  } finally {
    stop.release();
  }
};

async function runBot(request: RunRequest): Promise<ExitCode> {
  const { strategies, input } = request;
  const choice = venueChoiceOf(strategies, input.flag('live'));
  if (choice.type === 'simulated') return runSimulated(request);
  refuseFeedFlags(input, choice.exchangeId);
  if (choice.type === 'paper') return (await import('./run-paper.ts')).runPaper(request, choice);
  return (await import('./run-live.ts')).runLive(request, choice);
}

async function runSimulated(request: RunRequest): Promise<ExitCode> {
  const { input, dataDir, strategies } = request;
  const speed = speedOf(input);
  const prepared = await prepareSimulatedRun(strategies, feedChoiceOf(input));
  const wishes = homeWishes(request, { venue: venueOf(prepared.worldId), bookFolder: simulatedFolder(dataDir, prepared.worldId) });
  return runIn(request, wishes, () => Promise.resolve(openSimulatedRun(prepared, dataDir, speed)));
}

const FEED_FLAGS = ['feed', 'funding', 'prices', 'seed', 'days', 'start-price', 'speed'] as const;

function refuseFeedFlags(input: CommandInput, exchangeId: string): void {
  const given = FEED_FLAGS.find((flag) => input.text(flag) !== null || input.texts(flag).length > 0);
  if (given !== undefined) throw inputError(`--${given} is for the simulated exchange; the strategies trade on ${exchangeId}, which has prices of its own: leave it away, or set exchange.id to simulated`);
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
