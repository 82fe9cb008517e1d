/** One run of the bot on a venue, with everything held that it needs: what the kinds of runs have in common. */
import type { Strategy } from '../../domain/strategy.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { LEASE_TTL_SECONDS } from './account-leases.ts';
import { inBotHome } from './bot-home.ts';
import type { HomeWishes } from './bot-home.ts';
import { BotProcess } from './bot-process.ts';
import type { BotVenue } from './bot-venue.ts';
import type { StopSignal } from './stop-signal.ts';

/** Below, a store that is slow for a moment would cost the lease; above, a killed bot's stops are left alone too long. */
const LEASE_TTL_SECONDS_MIN = 3;
const LEASE_TTL_SECONDS_MAX = 600;

export interface RunRequest {
  readonly strategies: readonly Strategy[];
  readonly dataDir: string;
  readonly stop: StopSignal;
  readonly input: CommandInput;
  readonly io: CliIo;
}

export function homeWishes({ strategies, dataDir, stop, input, io }: RunRequest, place: Pick<HomeWishes, 'venue' | 'bookFolder'>): HomeWishes {
  return {
    ...place,
    strategies,
    dataDir,
    databaseUrl: io.env['DATABASE_URL'] ?? '',
    isStandby: input.flag('standby'),
    leaseTtlMs: 1_000 * (input.whole('lease-ttl', LEASE_TTL_SECONDS_MIN, LEASE_TTL_SECONDS_MAX) ?? LEASE_TTL_SECONDS),
    stop,
    tell: (line: string) => void io.stderr.write(`hedgerow: ${line}\n`),
  };
}

/** `open` gives null when a signal ended the wait for the exchange. */
export async function runIn({ strategies, dataDir, stop, input, io }: RunRequest, wishes: HomeWishes, open: () => Promise<BotVenue | null>): Promise<ExitCode> {
  return inBotHome(wishes, async (home) => {
    const venue = await open();
    if (venue === null) return 0;
    try {
      return await new BotProcess({ strategies, venue, home, dataDir, stop, input, io }).run();
    } finally {
      await venue.close();
    }
  });
}
