/**
 * What stands before the first order of real money: the doctor has to pass (a plan that trades already is looked after all the same), the plan's difference to what rests is shown with its capital
 * and worst case, and somebody has to say yes. Reads only.
 */
import { createInterface } from 'node:readline/promises';
import type { CcxtExchange } from '../../adapters/ccxt/ccxt-exchange.ts';
import { unlessUnavailable } from '../../engine/unavailable.ts';
import { previewPlan } from '../../engine/plan-preview.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { Store } from '../../ports/store.ts';
import { extremesLines } from '../check/check-text.ts';
import { inputError } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { doctorText } from '../doctor/doctor-text.ts';
import { hasFailed } from '../doctor/finding.ts';
import type { Finding } from '../doctor/finding.ts';
import { TRY_AGAIN, runDoctor } from '../doctor/run-doctor.ts';
import { previewText } from '../plan/plan-previews.ts';
import { atrOf, livePreview } from '../plan/real-previews.ts';
import type { AccountKeys } from '../real-exchange.ts';
import { styleFor } from '../style.ts';
import type { Style } from '../style.ts';
import { patiently } from './reach-exchange.ts';
import type { Patience } from './reach-exchange.ts';
import type { RunRequest } from './run-in-home.ts';
import type { RealVenue } from './venue-choice.ts';

/** A signal is heard this soon. */
const NAP_MS = 100;

export interface ConsentParts {
  readonly request: RunRequest;
  readonly venue: RealVenue;
  readonly store: Store;
  readonly keys: AccountKeys;
  /** Opened with keys, its streams not started. */
  readonly exchange: CcxtExchange;
  readonly patience: Patience;
}

/** Null: go on. Throws INPUT_INVALID when nobody is there to be asked. */
export async function liveConsent(parts: ConsentParts): Promise<ExitCode | null> {
  const { request, venue, exchange, store, patience } = parts;
  const { strategies, io, stop } = request;
  const style = styleFor(io.stderr, io.env);
  for (const strategy of strategies) {
    const diagnosis = await patiently(() => diagnosed(strategy, parts), patience);
    if (diagnosis === null) return 0;
    const { findings, isStarted } = diagnosis;
    io.stderr.write(doctorText(`${strategy.name} on ${venue.name}`, findings, style));
    // Positions must not be left alone: what the engine finds wrong for itself keeps it from opening anything.
    if (hasFailed(findings) && isStarted) io.stderr.write(`hedgerow: ${strategy.name} trades here already: it is looked after all the same; put right what failed above\n`);
    else if (hasFailed(findings)) {
      io.stderr.write(`hedgerow: ${strategy.name} does not trade real money until what failed above is put right; hedgerow doctor shows it again\n`);
      return 1;
    }
  }
  for (const strategy of strategies) {
    const effect = await patiently(() => effectText(strategy, exchange, venue, store, style), patience);
    if (effect === null) return 0;
    io.stderr.write(effect);
  }
  return (await isConfirmed(request, venue)) ? null : stop.received === null ? 1 : 0;
}

/** Rejects with EXCHANGE_UNAVAILABLE where that is all that failed. */
async function diagnosed(strategy: Strategy, { venue, store, keys, exchange }: ConsentParts): Promise<{ readonly findings: readonly Finding[]; readonly isStarted: boolean }> {
  const plan = await store.findPlan({ venue: venue.name, name: strategy.name });
  const isStarted = plan !== null && plan.snapshot !== null;
  const findings = await runDoctor({ strategy, exchange, isStarted, missing: keys.missing });
  const failed = findings.filter(({ status }) => status === 'fail');
  const [first] = failed;
  if (first !== undefined && failed.every(({ remedy }) => remedy === TRY_AGAIN)) throw new HedgerowError('EXCHANGE_UNAVAILABLE', first.text);
  return { findings, isStarted };
}

async function effectText(strategy: Strategy, exchange: CcxtExchange, venue: RealVenue, store: Store, style: Style): Promise<string> {
  const preview = await livePreview(strategy, exchange, venue.name, store, null);
  const instrument = await exchange.fetchInstrument(strategy.symbol);
  const atr = await unlessUnavailable(() => atrOf(strategy, exchange), null);
  const { capitalNeeded, extremes } = previewPlan({ strategy, instrument, price: preview.price, atr });
  const capital = `  capital ${capitalNeeded.map((each) => `${each.capital} on account ${each.account}`).join(', ')}`;
  return [previewText(preview, `never started on ${venue.name}`, style).trimEnd(), '', capital, ...extremesLines(strategy, extremes, style), '', ''].join('\n');
}

/** By the plan's name or `yes`. */
async function isConfirmed({ strategies, input, io, stop }: RunRequest, venue: RealVenue): Promise<boolean> {
  if (input.flag('yes')) return true;
  if (!('isTTY' in io.stdin) || io.stdin.isTTY !== true) {
    throw inputError(`nobody is at the terminal to confirm real trading on ${venue.name}; look at hedgerow plan --live and give --yes for an unattended start`);
  }
  const [first] = strategies;
  const name = strategies.length === 1 && first !== undefined ? first.name : null;
  const answer = await asked(`Trade this on ${venue.name}? Type ${name === null ? 'yes' : `yes or ${name}`} to go on (--yes does not ask): `, io, stop);
  if (answer === 'yes' || answer === name) return true;
  io.stderr.write('hedgerow: nothing was done\n');
  return false;
}

/** Empty when a signal came instead. */
async function asked(question: string, io: CliIo, stop: RunRequest['stop']): Promise<string> {
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  const ended = new AbortController();
  terminal.on('SIGINT', () => ended.abort());
  const watch = setInterval(() => stop.received !== null && ended.abort(), NAP_MS);
  try {
    return (await terminal.question(question, { signal: ended.signal })).trim();
  } catch (error) {
    if (ended.signal.aborted) return '';
    throw error;
  } finally {
    clearInterval(watch);
    terminal.close();
  }
}
