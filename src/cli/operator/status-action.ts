/** `hedgerow status`: how plans stand. Exits 1 when one of them needs somebody. */
import { LatchFile } from '../../adapters/files/latch-file.ts';
import type { CommandAction } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { styleFor } from '../style.ts';
import { isAskedByPerson } from './asked-reason.ts';
import { nothingStored, openOperatorAccess } from './operator-access.ts';
import { planWishOf, plansFor } from './plan-choice.ts';
import { planStatus } from './plan-status.ts';
import type { PlanStatus } from './plan-status.ts';
import { statusText } from './status-text.ts';

export const statusAction: CommandAction = async (input, io) => {
  const wish = await planWishOf(input);
  const dataDir = dataDirOf(input);
  const access = await openOperatorAccess(dataDir, io);
  if (access === null) throw nothingStored(dataDir);
  try {
    const live = await access.live();
    const statuses: PlanStatus[] = [];
    for (const plan of await plansFor(access, wish)) statuses.push(await planStatus(access, plan, live, new LatchFile(dataDir, plan.venue)));
    if (input.flag('json')) io.stdout.write(`${JSON.stringify({ plans: statuses })}\n`);
    else io.stdout.write(statuses.map((status) => statusText(status, styleFor(io.stdout, io.env))).join('\n'));
    return statuses.some(needsSomebody) ? 1 : 0;
  } finally {
    await access.close();
  }
};

/** Stopped by what was found, not by a person. */
function needsSomebody({ operation, reason }: PlanStatus): boolean {
  return operation !== 'running' && operation !== 'waiting' && !isAskedByPerson(reason);
}
