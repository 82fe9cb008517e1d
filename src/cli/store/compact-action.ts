/** `hedgerow compact`: opens the store, compacts every plan in it, and says what went. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, type StoreLocation } from '../../adapters/postgres/open-store.ts';
import type { Compaction, Store, StoredPlan } from '../../ports/store.ts';
import { inputError } from '../command-input.ts';
import type { CliIo, CommandAction } from '../command-spec.ts';
import { Output } from '../output.ts';
import { columns } from '../text-layout.ts';
import { cutOff, readBefore, type Before } from './before.ts';

const DEFAULT_BEFORE = '30d';

interface PlanCompaction extends Compaction {
  readonly venue: string;
  readonly plan: string;
  /** Ms. */
  readonly before: number;
}

export const compactAction: CommandAction = async (input, io) => {
  const before = readBefore(input.text('before') ?? DEFAULT_BEFORE);
  const store = await openStore(locationOf(input.text('data') ?? '.hedgerow', io));
  try {
    const plans: PlanCompaction[] = [];
    for (const plan of await store.listPlans()) plans.push(await compactPlan(store, plan, before));
    const text = input.flag('json') ? JSON.stringify({ store: store.description, plans }) : compactionText(store.description, plans);
    const output = new Output(io.stdout);
    await output.write(`${text}\n`);
    await output.flush();
    return 0;
  } finally {
    await store.close();
  }
};

/** A folder without a database is not given one. */
function locationOf(dataDir: string, { env }: CliIo): StoreLocation {
  const databaseUrl = env['DATABASE_URL'] ?? '';
  if (databaseUrl !== '') return { databaseUrl };
  if (!existsSync(join(dataDir, 'db'))) throw inputError(`there is no store in ${dataDir}; name its folder with --data, or set DATABASE_URL`);
  return { dataDir };
}

async function compactPlan(store: Store, { planId, venue, name, snapshot, startedAt }: StoredPlan, before: Before): Promise<PlanCompaction> {
  const at = cutOff(before, snapshot?.at ?? startedAt);
  return { venue, plan: name, before: at, ...(await store.compact(planId, at)) };
}

function compactionText(description: string, plans: readonly PlanCompaction[]): string {
  if (plans.length === 0) return `${description} holds no plan; nothing was deleted.`;
  const header = ['plan', 'older than', 'entries', 'orders', 'requests', 'snapshots', 'a replay begins'];
  const rows = plans.map(({ plan, before, entries, orders, intents, checkpoints, throughSeq }) => [
    plan,
    new Date(before).toISOString().slice(0, 16).replace('T', ' '),
    ...[entries, orders, intents, checkpoints].map((count) => count.toLocaleString('en-US')),
    throughSeq === 0 ? 'at its start' : `after entry ${throughSeq}`,
  ]);
  return [`Deleted from ${description}:`, '', ...columns([header, ...rows], ['left', 'left', 'right', 'right', 'right', 'right', 'left'])].join('\n');
}
