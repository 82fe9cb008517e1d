/**
 * `hedgerow pause | resume | halt | flatten | reset | adopt`: writes down what is asked for, once, and waits for what comes of it.
 *
 * I17: halt and flatten latch in a file before anything else, also when the store cannot be reached.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LatchFile } from '../../adapters/files/latch-file.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { operationOf, restorePlan } from '../../engine/step.ts';
import type { OperatorAction, OperatorActionKind, StoredPlan } from '../../ports/store.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction, ExitCode } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { askedReason } from './asked-reason.ts';
import { confirmed } from './confirm.ts';
import { nothingStored, openOperatorAccess } from './operator-access.ts';
import type { OperatorAccess } from './operator-access.ts';
import { oneWorldOf, planWishOf, plansFor } from './plan-choice.ts';
import type { PlanWish } from './plan-choice.ts';
import { planStatus } from './plan-status.ts';
import type { PlanStatus } from './plan-status.ts';

const DEFAULT_WAIT_SECONDS = 30;
const WAIT_SECONDS_MAX = 3_600;
const LOOK_MS = 200;
/** These may be given to every plan at once: they take no risk. */
const FOR_ALL: readonly OperatorActionKind[] = ['pause', 'halt', 'flatten'];
/** These change positions or what counts as ours: on a terminal they are confirmed. */
const CONFIRMED: readonly OperatorActionKind[] = ['flatten', 'reset', 'adopt'];

interface Asked {
  readonly plan: StoredPlan;
  readonly action: OperatorAction;
  readonly isBotRunning: boolean;
}

export function actAction(kind: OperatorActionKind): CommandAction {
  return async (input, io) => {
    const dataDir = dataDirOf(input);
    const wish = await planWishOf(input);
    if (wish.names.length === 0 && !(FOR_ALL.includes(kind) && input.flag('all'))) {
      throw inputError(`name the plan to ${kind}${FOR_ALL.includes(kind) ? ', or say --all' : ''}; hedgerow status lists them`);
    }
    const reason = askedReason(input.text('reason'));
    const waitMs = 1_000 * waitOf(input);
    const access = await reachable(kind, wish, dataDir, reason, io);
    if (access === null) return 1;
    try {
      return await act(kind, { access, wish, dataDir, reason, waitMs }, input, io);
    } catch (error) {
      if (!isKill(kind) || wish.names.length === 0 || !(error instanceof HedgerowError) || error.code !== 'STORE_UNAVAILABLE') throw error;
      await latchAlone(kind, wish.names, dataDir, reason, error, io);
      return 1;
    } finally {
      await access.close().catch(() => undefined);
    }
  };
}

interface Errand {
  readonly access: OperatorAccess;
  readonly wish: PlanWish;
  readonly dataDir: string;
  readonly reason: string;
  readonly waitMs: number;
}

async function act(kind: OperatorActionKind, { access, wish, dataDir, reason, waitMs }: Errand, input: CommandInput, io: CliIo): Promise<ExitCode> {
  const plans = await oneWorldOf(access, await plansFor(access, wish));
  if (CONFIRMED.includes(kind) && !(await confirmed(kind, await statusesOf(access, plans, dataDir), input, io))) return 1;
  const asked: Asked[] = [];
  for (const plan of plans) asked.push(await ask(kind, plan, reason, access, dataDir));
  const answered = await answers(asked, access, waitMs);
  if (kind === 'resume') await unlatchHere(answered, access, dataDir);
  const after = await statusesOf(access, await plansFor(access, wish), dataDir);
  return report(kind, answered, after, input, io);
}

/** `30s`, `2m` or plain seconds. */
function waitOf(input: CommandInput): number {
  const text = input.text('wait') ?? `${DEFAULT_WAIT_SECONDS}s`;
  const [, digits = '', unit = 's'] = /^(\d{1,4})(s|m)?$/.exec(text) ?? [];
  const seconds = Number(digits) * (unit === 'm' ? 60 : 1);
  if (digits === '' || seconds > WAIT_SECONDS_MAX) throw inputError(`--wait ${JSON.stringify(text)} is no time such as 0s, 30s or 2m, at most ${WAIT_SECONDS_MAX / 60}m`);
  return seconds;
}

/** Null when only the latch could be reached, which a kill needs and a resume of a plan nobody stored lifts. */
async function reachable(kind: OperatorActionKind, { names }: PlanWish, dataDir: string, reason: string, io: CliIo): Promise<OperatorAccess | null> {
  let failure: HedgerowError;
  try {
    const access = await openOperatorAccess(dataDir, io);
    if (access !== null) return access;
    failure = nothingStored(dataDir);
  } catch (error) {
    if (!(error instanceof HedgerowError)) throw error;
    failure = error;
  }
  if (!existsSync(dataDir) || names.length === 0) throw failure;
  if (isKill(kind)) await latchAlone(kind, names, dataDir, reason, failure, io);
  else if (kind === 'resume' && failure.code === 'INPUT_INVALID') await unlatchAlone(names, dataDir, failure, io);
  else throw failure;
  return null;
}

/** In every world: which one is meant could not be asked. */
async function latchAlone(action: 'halt' | 'flatten', names: readonly string[], dataDir: string, reason: string, failure: HedgerowError, io: CliIo): Promise<void> {
  const latch = new LatchFile(dataDir, null);
  for (const name of names) await latch.set(name, { action, reason, at: Date.now() });
  io.stderr.write(
    `hedgerow: ${names.join(', ')}: latched to ${action} in ${latch.folder}; a bot that runs on this folder acts on it within a second, one that starts does so first. ` +
      `The store was not told: ${failure.message} [${failure.code}]\n`,
  );
}

async function unlatchAlone(names: readonly string[], dataDir: string, failure: HedgerowError, io: CliIo): Promise<void> {
  const latch = new LatchFile(dataDir, null);
  const latched = await Promise.all(names.map((name) => latch.read(name)));
  if (latched.every((record) => record === null)) throw failure;
  for (const name of names) await latch.clear(name);
  io.stderr.write(`hedgerow: ${names.join(', ')}: the latch is lifted; ${failure.message}\n`);
}

async function statusesOf(access: OperatorAccess, plans: readonly StoredPlan[], dataDir: string): Promise<PlanStatus[]> {
  const live = await access.live();
  const statuses: PlanStatus[] = [];
  for (const plan of plans) statuses.push(await planStatus(access, plan, live, new LatchFile(dataDir, plan.venue)));
  return statuses;
}

async function ask(kind: OperatorActionKind, plan: StoredPlan, reason: string, access: OperatorAccess, dataDir: string): Promise<Asked> {
  const { store } = access;
  const at = Date.now();
  if (isKill(kind)) await new LatchFile(dataDir, plan.venue).set(plan.name, { action: kind, reason, at, journal: { startedAt: plan.startedAt, seq: plan.seq } });
  // Asked twice before the first was taken, it is asked once.
  const before = (await store.loadPendingActions(plan.planId)).at(-1);
  const action =
    before?.action === kind
      ? before
      : await store.requestAction({ actionId: randomUUID(), planId: plan.planId, action: kind, reason, requestedBy: `cli ${userName()}@${hostname()}`, requestedAt: at });
  const [status] = await statusesOf(access, [plan], dataDir);
  return { plan, action, isBotRunning: status?.isBotRunning ?? false };
}

/**
 * A bot lifts the latch of its own data folder. A kill that was asked for here while the bot runs elsewhere latched here too: what is older
 * than the resume is lifted with it, or it would stop the plan again when a bot takes over in this folder.
 */
async function unlatchHere(answered: readonly Asked[], access: OperatorAccess, dataDir: string): Promise<void> {
  const live = await access.live();
  for (const { plan, action } of answered) {
    if (action.result === null || live.some(({ venue, name }) => venue === plan.venue && name === plan.name)) continue;
    const now = await access.store.findPlan({ venue: plan.venue, name: plan.name });
    if (now?.snapshot === null || now?.snapshot === undefined || operationOf(restorePlan(now.snapshot.snapshot)) !== 'running') continue;
    const latch = new LatchFile(dataDir, plan.venue);
    const record = await latch.read(plan.name);
    if (record !== null && record.at <= action.requestedAt) await latch.clear(plan.name);
  }
}

/** Some containers run under an id without a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Waits for those a bot can carry out. */
async function answers(asked: readonly Asked[], { store }: OperatorAccess, waitMs: number): Promise<readonly Asked[]> {
  const until = performance.now() + waitMs;
  const answered: Asked[] = [];
  for (const each of asked) {
    let action = each.action;
    for (;;) {
      action = (await store.loadAction(action.actionId)) ?? action;
      if (action.result !== null || !each.isBotRunning || performance.now() >= until) break;
      await sleep(LOOK_MS);
    }
    answered.push({ ...each, action });
  }
  return answered;
}

interface Outcome {
  readonly plan: string;
  readonly venue: string;
  readonly action: OperatorActionKind;
  readonly actionId: string;
  readonly outcome: 'done' | 'ignored' | 'pending';
  readonly note: string;
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly reason: string;
  /** The plan is where the action was to bring it, or the action is safely written down for the next start. */
  readonly isFine: boolean;
}

function report(kind: OperatorActionKind, answered: readonly Asked[], after: readonly PlanStatus[], input: CommandInput, io: CliIo): ExitCode {
  const outcomes = answered.map((each) => outcomeOf(each, after.find(({ plan, venue }) => plan === each.plan.name && venue === each.plan.venue) ?? null));
  if (input.flag('json')) io.stdout.write(`${JSON.stringify({ actions: outcomes.map(({ isFine: _, ...document }) => document) })}\n`);
  else for (const { plan, outcome, note } of outcomes) io.stdout.write(`${plan}: ${kind} ${outcome === 'pending' ? 'is written down' : outcome}: ${note}\n`);
  return outcomes.every(({ isFine }) => isFine) ? 0 : 1;
}

function outcomeOf({ plan, action, isBotRunning }: Asked, after: PlanStatus | null): Outcome {
  const { actionId, requestedBy, requestedAt, reason, result } = action;
  const base = { plan: plan.name, venue: plan.venue, action: action.action, actionId, requestedBy, requestedAt, reason };
  if (result === null) return { ...base, outcome: 'pending', note: pendingNote(action.action, isBotRunning, after), isFine: !isBotRunning && !isKill(action.action) };
  return { ...base, outcome: result.outcome, note: result.note, isFine: result.outcome === 'done' || isThere(action.action, after) };
}

function isKill(kind: OperatorActionKind): kind is 'halt' | 'flatten' {
  return kind === 'halt' || kind === 'flatten';
}

/** The plan is already where the action leads. */
function isThere(kind: OperatorActionKind, after: PlanStatus | null): boolean {
  switch (kind) {
    case 'pause':
      return after?.operation === 'paused';
    case 'resume':
      return after?.operation === 'running';
    case 'adopt':
      return after !== null && after.operation !== 'diverged';
    case 'reset':
    case 'halt':
    case 'flatten':
      return false;
  }
}

function pendingNote(kind: OperatorActionKind, isBotRunning: boolean, after: PlanStatus | null): string {
  const when = isBotRunning ? 'the bot has not finished it; hedgerow status shows how far it is' : 'no bot runs this plan, so it is taken first thing at the next start';
  if (!isKill(kind)) return when;
  const held = (after?.wallets ?? []).flatMap(({ wallet, long, short }) => [...(long === '0' ? [] : [`${long} long of ${wallet}`]), ...(short === '0' ? [] : [`${short} short of ${wallet}`])]);
  const rest = `${after?.orders.working ?? 'some'} orders still rest`;
  return `latched, not yet proven: ${[rest, ...(kind === 'flatten' && held.length > 0 ? [`${held.join(', ')} still held`] : [])].join(', ')}; ${when}`;
}
