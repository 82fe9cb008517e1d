/**
 * `npm run campaign -- --storage`: reads its arguments, brings up a PostgreSQL server unless one is given, runs the lanes side by side
 * and prints what they found. Exit code 1 when anything was violated.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../adapters/postgres/package-root.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';
import type { RoundProgram } from './round-command.ts';
import { runLane } from './storage-lane.ts';
import type { LaneReport } from './storage-lane.ts';
import { storageText } from './storage-text.ts';
import type { StoreKind } from './stored-rows.ts';
import { runTakeovers } from './takeovers.ts';
import type { TakeoverReport } from './takeovers.ts';
import { temporaryDatabase } from '../../adapters/postgres/temporary-database.ts';

/** What the project promises of each store. */
const KILLS = 200;
/** Slower: what is written is written down a second time. */
const POWER_CUTS = 50;
/** Each waits for a lease to run out. */
const TAKEOVERS = 10;
const KILLS_PER_ROUND = 70;
const DAYS = 3;
const KILLS_MAX = 100_000;

interface Wishes {
  readonly kinds: readonly StoreKind[];
  readonly kills: number;
  readonly powerCuts: number;
  readonly takeovers: number;
  readonly seed: string;
  readonly databaseUrl: string | null;
  readonly isJson: boolean;
}

/** Throws INPUT_INVALID for arguments it does not know. */
export async function storageCommand(args: readonly string[]): Promise<number> {
  const wishes = wishesOf(args);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-storage-')));
  const bin = wishes.kinds.includes('postgres') && wishes.databaseUrl === null ? findPostgres() : null;
  const isWithout = wishes.kinds.includes('postgres') && wishes.databaseUrl === null && bin === null;
  if (isWithout) throw new HedgerowError('INPUT_INVALID', 'no PostgreSQL server is installed here; install one, name a running one by --database-url, or give --store pglite');
  const server = bin === null ? null : await startPostgres(bin);
  try {
    const serverUrl = server?.url ?? wishes.databaseUrl;
    const database = serverUrl === null ? null : () => temporaryDatabase(serverUrl);
    const [reports, takeovers] = await Promise.all([Promise.all(lanesOf(wishes).map((kind) => lane(kind, wishes, folder, database))), standbys(wishes, folder, database)]);
    const isClean = [...reports, ...takeovers].every(({ violations }) => violations.length === 0);
    process.stdout.write(wishes.isJson ? `${JSON.stringify({ storage: reports, takeovers })}\n` : storageText(reports, takeovers));
    if (isClean) rmSync(folder, { recursive: true, force: true });
    else process.stderr.write(`the folders of the rounds with violations are kept in ${folder}\n`);
    return isClean ? 0 : 1;
  } finally {
    await server?.remove();
  }
}

type NewDatabase = () => ReturnType<typeof temporaryDatabase>;
type LaneKind = StoreKind | 'power';

/** Power is cut where the database runs in the bot's own process. */
function lanesOf({ kinds, powerCuts }: Wishes): readonly LaneKind[] {
  return kinds.includes('pglite') && powerCuts > 0 ? [...kinds, 'power'] : kinds;
}

function lane(laneKind: LaneKind, { seed, kills, powerCuts }: Wishes, folder: string, database: NewDatabase | null): Promise<LaneReport> {
  const kind = laneKind === 'power' ? 'pglite' : laneKind;
  return runLane({
    kind,
    cutsPower: laneKind === 'power',
    seed,
    kills: laneKind === 'power' ? powerCuts : kills,
    killsPerRound: KILLS_PER_ROUND,
    days: DAYS,
    folder,
    ...program(),
    database: kind === 'postgres' ? database : null,
    tell,
  });
}

/** With a server only: the embedded store has a lock in the place of leases. */
async function standbys({ kinds, seed, takeovers }: Wishes, folder: string, database: NewDatabase | null): Promise<readonly TakeoverReport[]> {
  if (!kinds.includes('postgres') || database === null || takeovers === 0) return [];
  return [await runTakeovers({ ...program(), seed, takeovers, days: DAYS, folder, database, tell })];
}

function program(): RoundProgram {
  const root = packageRoot();
  return { program: [join(root, 'src/cli/launch.mjs')], strategies: [join(root, 'strategies')] };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function wishesOf(args: readonly string[]): Wishes {
  const { values } = parsed(args);
  const kills = wholeOf('kills', values.kills, KILLS, 1);
  const powerCuts = wholeOf('power-cuts', values['power-cuts'], POWER_CUTS, 0);
  const takeovers = wholeOf('takeovers', values.takeovers, TAKEOVERS, 0);
  const store = values.store ?? 'both';
  if (store !== 'both' && store !== 'pglite' && store !== 'postgres') throw new HedgerowError('INPUT_INVALID', `--store ${JSON.stringify(store)} is neither pglite nor postgres nor both`);
  return { kinds: store === 'both' ? ['pglite', 'postgres'] : [store], kills, powerCuts, takeovers, seed: values.seed ?? `${Date.now()}`, databaseUrl: values['database-url'] ?? null, isJson: values.json ?? false };
}

function wholeOf(name: string, text: string | undefined, preset: number, least: number): number {
  const value = Number(text ?? preset);
  if (Number.isInteger(value) && value >= least && value <= KILLS_MAX) return value;
  throw new HedgerowError('INPUT_INVALID', `--${name} ${JSON.stringify(text)} is not a whole number from ${least} to ${KILLS_MAX}`);
}

const OPTIONS = { storage: { type: 'boolean' }, kills: { type: 'string' }, 'power-cuts': { type: 'string' }, takeovers: { type: 'string' }, seed: { type: 'string' }, store: { type: 'string' }, 'database-url': { type: 'string' }, json: { type: 'boolean' } } as const;

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS });
  } catch (error) {
    throw new HedgerowError('INPUT_INVALID', `${(error as Error).message}; --storage takes --kills N, --power-cuts N, --takeovers N, --seed S, --store pglite|postgres|both, --database-url URL and --json`);
  }
}
