/** `--fees`: what an exchange publishes for one of its tiers, or two rates. */
import { didYouMean, quoted } from '../../adapters/yaml/problems.ts';
import { fractionOfPercent, readPercent } from '../../adapters/yaml/number-text.ts';
import { FEE_SCHEDULES, type Fees } from '../../domain/fee-tiers.ts';
import { inputError } from '../command-input.ts';

/** The rates, and where they come from in words. */
export interface ChosenFees extends Fees {
  readonly from: string;
}

type ScheduleId = keyof typeof FEE_SCHEDULES;
const IDS = Object.keys(FEE_SCHEDULES) as ScheduleId[];

/** `bybit`, `bybit:vip2`, or taker and maker as `0.04%/0.02%`; null for no text. Throws INPUT_INVALID. */
export function feesOf(text: string | null): ChosenFees | null {
  if (text === null) return null;
  if (text.includes('%')) return ratesOf(text);
  const [name = '', tier, ...rest] = text.toLowerCase().split(':');
  const id = IDS.find((each) => each === name);
  if (id === undefined || rest.length > 0) throw inputError(`--fees ${quoted(text)} is none of ${IDS.map(namesOf).join('; ')}, and not taker/maker such as 0.05%/0.02%${didYouMean(name, IDS)}`);
  const { tiers, source, asOf } = FEE_SCHEDULES[id];
  const chosen = tier ?? Object.keys(tiers)[0] ?? '';
  const fees = Object.hasOwn(tiers, chosen) ? tiers[chosen] : undefined;
  if (fees === undefined) throw inputError(`--fees ${quoted(text)}: ${namesOf(id)} (${source}, ${asOf}); for other rates give taker/maker, such as 0.05%/0.02%${didYouMean(chosen, Object.keys(tiers))}`);
  return { ...fees, from: `${id}:${chosen} (${source}, ${asOf})` };
}

function namesOf(id: ScheduleId): string {
  return `${id}:${Object.keys(FEE_SCHEDULES[id].tiers).join('|')}`;
}

function ratesOf(text: string): ChosenFees {
  const [takerFee, makerFee, ...rest] = text.split('/').map(rateOf);
  if (takerFee === undefined || makerFee === undefined || takerFee === null || makerFee === null || rest.length > 0) {
    throw inputError(`--fees ${quoted(text)} is not taker/maker in percent, such as 0.05%/0.02%`);
  }
  return { takerFee, makerFee, from: '--fees' };
}

function rateOf(text: string): string | null {
  const reading = readPercent(text.trim(), { below: '100' });
  return reading.ok ? fractionOfPercent(reading.value) : null;
}
