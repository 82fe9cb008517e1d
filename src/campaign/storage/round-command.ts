/** The command line of a round's bot: the same for the run that is killed and the one that is not. */
import type { BotCommand } from './bot-life.ts';
import type { PriceFiles } from './price-files.ts';
import type { BotPlace } from './stored-rows.ts';

export interface RoundProgram {
  /** Arguments of Node that start `hedgerow`. */
  readonly program: readonly string[];
  /** Strategy files or folders. */
  readonly strategies: readonly string[];
}

export function botCommand({ program, strategies }: RoundProgram, { candles, funding }: PriceFiles, { dataDir, databaseUrl }: BotPlace, more: readonly string[] = []): BotCommand {
  const feeds = [...candles.flatMap((path) => ['--feed', path]), ...funding.flatMap((path) => ['--funding', path])];
  return { args: [...program, 'run', ...strategies, ...feeds, '--data', dataDir, '--json', '--log-level', 'info', ...more], env: { DATABASE_URL: databaseUrl ?? '' } };
}
