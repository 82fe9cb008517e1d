/**
 * `hedgerow run --live`: real money. Needs a PostgreSQL that keeps what it acknowledges, credentials for every account, a doctor that passes
 * and somebody's yes; then the same bot as in simulation trades on the exchange itself.
 */
import { processSecrets } from '../../adapters/system/redaction.ts';
import { redactedExchange } from '../../adapters/system/redacted-exchange.ts';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { inputError } from '../command-input.ts';
import type { ExitCode } from '../command-spec.ts';
import { accountKeys } from '../real-exchange.ts';
import type { AccountKeys } from '../real-exchange.ts';
import type { BotVenue } from './bot-venue.ts';
import { LateLog } from './late-log.ts';
import { liveConsent } from './live-consent.ts';
import type { ConsentParts } from './live-consent.ts';
import { LiveDrive } from './live-drive.ts';
import { reachExchange } from './reach-exchange.ts';
import type { Patience } from './reach-exchange.ts';
import { homeWishes, runIn } from './run-in-home.ts';
import type { RunRequest } from './run-in-home.ts';
import type { RealVenue } from './venue-choice.ts';

export async function runLive(request: RunRequest, venue: RealVenue): Promise<ExitCode> {
  const { strategies, dataDir, input, io } = request;
  const wishes = { ...homeWishes(request, { venue: venue.name, bookFolder: null }), mustBeDurable: true };
  if (wishes.databaseUrl === '') {
    throw inputError('--live needs PostgreSQL, and DATABASE_URL is not set; set it to postgres://user@host:5432/database (the embedded store is for paper trading)');
  }
  const keys = await accountKeys(venue.exchangeId, strategies, dataDir, input, io.env);
  refuseMissing(keys);
  const log = new LateLog();
  const patience: Patience = { stop: request.stop, tell: wishes.tell };
  const reach = (): Promise<CcxtExchange | null> => reachExchange({ exchangeId: venue.exchangeId, connection: venue.connection, symbols: strategies.map(({ symbol }) => symbol), keys: keys.whole, log }, patience);
  return runIn(request, { ...wishes, before: (store) => consented({ request, venue, store, keys, patience }, reach) }, async () => {
    const exchange = await reach();
    return exchange === null ? null : liveVenue(venue, exchange, log);
  });
}

function refuseMissing({ missing }: AccountKeys): void {
  if (missing.size === 0) return;
  const lacks = [...missing].map(([account, names]) => `account ${account} lacks ${names.join(' and ')}`).join('; ');
  throw inputError(`--live needs the credentials of every account: ${lacks}; set them in the environment, or write them to keys.yaml in the data folder with mode 0600 (--keys names another file)`);
}

/** With an exchange of its own: a standby may wait for days, and opens it anew when its time has come. */
async function consented(parts: Omit<ConsentParts, 'exchange'>, reach: () => Promise<CcxtExchange | null>): Promise<ExitCode | null> {
  const exchange = await reach();
  if (exchange === null) return 0;
  try {
    return await liveConsent({ ...parts, exchange });
  } finally {
    await exchange.close();
  }
}

/** The real exchange as a place to trade on; closed with the run. */
export function liveVenue(venue: RealVenue, real: CcxtExchange, log: LateLog): BotVenue {
  const exchange = redactedExchange(real, processSecrets);
  let lastPriceAt: number | null = null;
  const unsubscribe = real.subscribe((event) => {
    if (event.type === 'price') lastPriceAt = event.at;
  });
  return {
    name: venue.name,
    exchange,
    clock: real.clock,
    title: `Trading on ${venue.name}`,
    description: `live prices of ${venue.exchangeId}`,
    isRealTime: true,
    lastPriceAt: () => lastPriceAt,
    caveat: '',
    farewell: '',
    drive: (runners, runLog) => {
      log.target = runLog;
      return new LiveDrive({ real, exchange, runners });
    },
    close: async () => {
      unsubscribe();
      await real.close();
    },
  };
}
