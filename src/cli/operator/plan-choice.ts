/** Which stored plans a command is about: by name, by strategy file, or all of them; of several worlds the one that is meant. */
import { didYouMean } from '../../adapters/yaml/problems.ts';
import type { StoredPlan } from '../../ports/store.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { OperatorAccess } from './operator-access.ts';

export interface PlanWish {
  /** Empty: all. */
  readonly names: readonly string[];
  readonly venue: string | null;
}

const FILE = /\.ya?ml$|[/\\]/i;

/** Names as given; files by the name in them. Rejects with INPUT_INVALID for files that cannot be read. */
export async function planWishOf(input: CommandInput): Promise<PlanWish> {
  const names: string[] = [];
  for (const given of input.argumentList(0)) {
    if (!FILE.test(given)) {
      names.push(given);
      continue;
    }
    for (const file of await readStrategyFiles([given])) {
      if (!file.isValid) throw file.error;
      names.push(file.strategy.name);
    }
  }
  return { names: [...new Set(names)], venue: input.text('venue') };
}

/** Every plan that is meant, for looking. Throws INPUT_INVALID for names the store does not know. */
export async function plansFor({ store }: OperatorAccess, { names, venue }: PlanWish): Promise<readonly StoredPlan[]> {
  const plans = (await store.listPlans()).filter((plan) => venue === null || plan.venue === venue);
  if (names.length === 0) {
    if (plans.length === 0) throw inputError(`${store.description} holds no plan${venue === null ? '' : ` of ${venue}`}; start one with hedgerow run`);
    return plans;
  }
  for (const name of names) {
    if (plans.some((plan) => plan.name === name)) continue;
    const known = [...new Set(plans.map((plan) => plan.name))];
    throw inputError(`${store.description} holds no plan ${name}${venue === null ? '' : ` of ${venue}`}${didYouMean(name, known)}; it holds ${known.length === 0 ? 'none' : known.join(', ')}`);
  }
  return plans.filter(({ name }) => names.includes(name));
}

/** One plan for each name, for acting: of several worlds the one a bot runs. Throws INPUT_INVALID when that does not tell. */
export async function oneWorldOf(access: OperatorAccess, plans: readonly StoredPlan[]): Promise<readonly StoredPlan[]> {
  const live = new Set((await access.live()).map(({ venue, name }) => `${venue} ${name}`));
  const chosen: StoredPlan[] = [];
  for (const name of new Set(plans.map((plan) => plan.name))) {
    const worlds = plans.filter((plan) => plan.name === name);
    const running = worlds.filter((plan) => live.has(`${plan.venue} ${plan.name}`));
    const [plan, ...others] = running.length > 0 ? running : worlds;
    if (plan === undefined || others.length > 0) throw inputError(`plan ${name} is known in several worlds: ${worlds.map(({ venue }) => venue).join(', ')}; name one with --venue`);
    chosen.push(plan);
  }
  return chosen;
}
