/** `hedgerow run` on a real exchange without `--live`: paper trading at its prices. */
import type { ExitCode } from '../command-spec.ts';
import { LateLog } from './late-log.ts';
import { openPaperRun, paperFolder } from './paper-run.ts';
import { reachExchange } from './reach-exchange.ts';
import { homeWishes, runIn } from './run-in-home.ts';
import type { RunRequest } from './run-in-home.ts';
import type { RealVenue } from './venue-choice.ts';

export async function runPaper(request: RunRequest, venue: RealVenue): Promise<ExitCode> {
  const { strategies, dataDir, stop } = request;
  const wishes = homeWishes(request, { venue: venue.name, bookFolder: paperFolder(dataDir, venue) });
  const { tell } = wishes;
  return runIn(request, wishes, async () => {
    const log = new LateLog();
    const symbols = [...new Set(strategies.map(({ symbol }) => symbol))];
    const exchange = await reachExchange({ exchangeId: venue.exchangeId, connection: venue.connection, credentials: new Map(), symbols, log }, stop, tell);
    if (exchange === null) return null;
    try {
      return await openPaperRun({ venue, strategies, dataDir, exchange, log, tell });
    } catch (error) {
      await exchange.close();
      throw error;
    }
  });
}
