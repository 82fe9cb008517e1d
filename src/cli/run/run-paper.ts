/** `hedgerow run` on a real exchange without `--live`: paper trading at its prices. Keys that are at hand are asked only for margins. */
import type { ExitCode } from '../command-spec.ts';
import { accountKeys } from '../real-exchange.ts';
import { LateLog } from './late-log.ts';
import { openPaperRun, paperFolder } from './paper-run.ts';
import { reachExchange } from './reach-exchange.ts';
import { homeWishes, runIn } from './run-in-home.ts';
import type { RunRequest } from './run-in-home.ts';
import type { RealVenue } from './venue-choice.ts';

export async function runPaper(request: RunRequest, venue: RealVenue): Promise<ExitCode> {
  const { strategies, dataDir, stop, input, io } = request;
  const wishes = homeWishes(request, { venue: venue.name, bookFolder: paperFolder(dataDir, venue) });
  const { tell } = wishes;
  return runIn(request, wishes, async () => {
    const log = new LateLog();
    const [factsKeys = null] = (await accountKeys(venue.exchangeId, strategies, dataDir, input, io.env)).whole.values();
    const exchange = await reachExchange({ exchangeId: venue.exchangeId, connection: venue.connection, keys: new Map(), factsKeys, symbols: strategies.map(({ symbol }) => symbol), log }, { stop, tell });
    if (exchange === null) return null;
    try {
      return await openPaperRun({ venue, strategies, dataDir, exchange, log, tell });
    } catch (error) {
      await exchange.close();
      throw error;
    }
  });
}
