/**
 * How operator commands reach plans: the database, the bot that holds the embedded store, or that store itself when nobody does. Looking
 * never makes a store.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectControl, remoteStore } from '../../adapters/control/control-client.ts';
import type { ControlClient } from '../../adapters/control/control-client.ts';
import type { LivePlan, OperatorStore } from '../../adapters/control/control-protocol.ts';
import { openStore } from '../../adapters/postgres/open-store.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { CliIo } from '../command-spec.ts';

export interface OperatorAccess {
  readonly store: OperatorStore;
  /** Several processes may use the store: who trades is told by leases. */
  readonly isShared: boolean;
  /** What the bot on this data folder says of its plans; empty when none runs there. */
  readonly live: () => Promise<readonly LivePlan[]>;
  readonly close: () => Promise<void>;
}

/** A bot that is starting holds the store before it can be talked to. */
const STARTING_MS = 10_000;
const RETRY_MS = 250;

/** Null when nothing was ever stored there. Rejects with STORE_LOCKED when somebody holds the store who cannot be talked to. */
export async function openOperatorAccess(dataDir: string, io: Pick<CliIo, 'env'>): Promise<OperatorAccess | null> {
  const databaseUrl = io.env['DATABASE_URL'] ?? '';
  if (databaseUrl === '') return openEmbedded(dataDir);
  const store = await openStore({ databaseUrl });
  return { store, isShared: true, live: () => askLive(dataDir), close: () => store.close() };
}

/** With a connection of its own each time: a bot ends those on which nothing is asked for long, and what it does may take long. */
async function askLive(dataDir: string): Promise<readonly LivePlan[]> {
  const bot = await connectControl(dataDir);
  try {
    return (await bot?.live()) ?? [];
  } finally {
    bot?.close();
  }
}

async function openEmbedded(dataDir: string): Promise<OperatorAccess | null> {
  // Throws where the folder may not be entered, which is not the same as nothing there.
  if (statSync(join(dataDir, 'db'), { throwIfNoEntry: false }) === undefined) return null;
  for (const until = performance.now() + STARTING_MS; ; await sleep(RETRY_MS)) {
    const bot = await connectControl(dataDir);
    if (bot !== null) return accessOf(await remoteStore(bot), bot, async () => bot.close());
    try {
      const store = await openStore({ dataDir });
      return accessOf(store, null, () => store.close());
    } catch (error) {
      if (!(error instanceof HedgerowError) || error.code !== 'STORE_LOCKED' || performance.now() > until) throw error;
    }
  }
}

function accessOf(store: OperatorStore, bot: ControlClient | null, close: () => Promise<void>): OperatorAccess {
  return { store, isShared: false, live: async () => (bot === null ? [] : bot.live()), close };
}

export function nothingStored(dataDir: string): HedgerowError {
  return new HedgerowError('INPUT_INVALID', `nothing was ever stored in ${dataDir}: name the data folder of the run with --data, or start one with hedgerow run`);
}
