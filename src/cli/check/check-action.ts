/** `hedgerow check`: all files, all their problems, and the plan each valid file means. */
import { dec } from '../../domain/decimal.ts';
import type { HedgerowError } from '../../domain/errors.ts';
import { nearestPrice, priceGridOf } from '../../domain/price-grid.ts';
import type { Strategy } from '../../domain/strategy.ts';
import { previewPlan } from '../../engine/plan-preview.ts';
import type { PlanPreview } from '../../engine/plan-preview.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import { simulatedInstrument } from '../file-instrument.ts';
import { Output } from '../output.ts';
import { errorText } from '../report-error.ts';
import { styleFor } from '../style.ts';
import { checkText, conflictText } from './check-text.ts';
import { planConflicts } from './plan-conflicts.ts';
import { PresentMarkets } from './present-market.ts';
import type { PresentMarket } from './present-market.ts';
import { readStrategyFiles } from './strategy-files.ts';
import type { StrategyFile } from './strategy-files.ts';

/** A valid file and what it means. */
export interface CheckedPlan {
  readonly file: string;
  readonly strategy: Strategy;
  readonly market: PresentMarket;
  readonly preview: PlanPreview;
}

export async function checkAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const price = input.positive('price');
  const files = await readStrategyFiles(input.argumentList(0));
  const valid = files.filter((file) => file.isValid);
  const markets = await PresentMarkets.open(price, input.texts('candles'), valid.map(({ strategy }) => strategy));
  const plans = valid.map(({ file, strategy }) => checkedPlan(file, strategy, markets.of(strategy)));
  const conflicts = planConflicts(valid);
  const invalid = files.filter((file) => !file.isValid);
  const exitCode = exitCodeOf(invalid.length, plans, conflicts.length);
  const output = new Output(io.stdout);
  if (input.flag('json')) {
    await output.write(`${JSON.stringify({ exitCode, files: files.map((file) => fileDocument(file, plans)), conflicts })}\n`);
  } else {
    const style = styleFor(io.stdout, io.env);
    for (const plan of plans) await output.write(checkText(plan, style));
    for (const conflict of conflicts) await output.write(conflictText(conflict, style));
  }
  await output.flush();
  for (const { error } of invalid) io.stderr.write(errorText(error));
  return exitCode;
}

function checkedPlan(file: string, strategy: Strategy, market: PresentMarket): CheckedPlan {
  const instrument = simulatedInstrument(strategy);
  const { price, atr } = market;
  if (instrument !== null && price !== null && nearestPrice(priceGridOf(instrument), dec(price)).isZero()) {
    throw inputError(`${file}: the price ${price} (${market.priceFrom}) is below half a tick of ${instrument.tickSize}; give a price of ${strategy.symbol}, or a smaller exchange.market.tickSize`);
  }
  return { file, strategy, market, preview: previewPlan({ strategy, instrument, price, atr }) };
}

function exitCodeOf(invalid: number, plans: readonly CheckedPlan[], conflicts: number): ExitCode {
  if (invalid > 0) return 2;
  return conflicts > 0 || plans.some(({ preview }) => !preview.isLimitsMet) ? 1 : 0;
}

interface FileDocument {
  readonly file: string;
  readonly status: 'ok' | 'too-small' | 'invalid';
  readonly error: Pick<HedgerowError, 'code' | 'message'> | null;
  readonly market: PresentMarket | null;
  readonly strategy: Strategy | null;
  readonly preview: PlanPreview | null;
}

function fileDocument(file: StrategyFile, plans: readonly CheckedPlan[]): FileDocument {
  if (!file.isValid) {
    const { code, message } = file.error;
    return { file: file.file, status: 'invalid', error: { code, message }, market: null, strategy: null, preview: null };
  }
  const plan = plans.find((each) => each.file === file.file);
  const isTooSmall = plan?.preview.isLimitsMet === false;
  return {
    file: file.file,
    status: isTooSmall ? 'too-small' : 'ok',
    error: isTooSmall ? { code: 'STRATEGY_TOO_SMALL', message: 'the capital cannot pay for the smallest order the exchange takes; see preview.wallets[].opening' } : null,
    market: plan?.market ?? null,
    strategy: file.strategy,
    preview: plan?.preview ?? null,
  };
}
