/** `hedgerow replay`: rebuilds the state of plans from their journals and compares it with what is stored. Exits 1 at a difference. */
import { replayPlan } from '../../engine/journal-replay.ts';
import type { Replay } from '../../engine/journal-replay.ts';
import { inputError } from '../command-input.ts';
import type { CommandAction } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { nothingStored, openOperatorAccess } from './operator-access.ts';
import { planWishOf, plansFor } from './plan-choice.ts';

export const replayAction: CommandAction = async (input, io) => {
  const dataDir = dataDirOf(input);
  const wish = await planWishOf(input);
  if (wish.names.length === 0 && !input.flag('all')) throw inputError('name the plan to replay, or say --all');
  const access = await openOperatorAccess(dataDir, io);
  if (access === null) throw nothingStored(dataDir);
  try {
    const replays: ({ readonly plan: string; readonly venue: string } & Replay)[] = [];
    for (const plan of await plansFor(access, wish)) replays.push({ plan: plan.name, venue: plan.venue, ...(await replayPlan(access.store, plan)) });
    if (input.flag('json')) io.stdout.write(`${JSON.stringify({ plans: replays })}\n`);
    else for (const replay of replays) io.stdout.write(`${replayText(replay)}\n`);
    return replays.some(({ difference }) => difference !== null) ? 1 : 0;
  } finally {
    await access.close();
  }
};

function replayText({ plan, fromSeq, toSeq, entries, steps, difference }: { readonly plan: string } & Replay): string {
  const from = fromSeq === 0 ? 'from the beginning' : `from the checkpoint at ${fromSeq}`;
  const told = `${entries} entries ${from}, ${steps} steps`;
  if (difference === null) return `${plan}: the journal gives the stored state of entry ${toSeq} to the last field (${told})`;
  return `${plan}: differs at journal entry ${difference.seq}, ${difference.path}: the journal gives ${difference.replayed}, stored is ${difference.stored} (${told})`;
}
