/**
 * Walks a machine with xstate/graph and writes down what it does in each state. Amounts and prices are left out of what makes two
 * snapshots equal, so a walk ends; numbers are for the property tests.
 */
import type { AnyEventObject, AnyStateMachine, SnapshotFrom } from 'xstate';
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph';
import type { AdjacencyMap } from 'xstate/graph';
import { hedgeWalletMachine } from '../../machines/hedge-wallet.machine.ts';
import { longWalletMachine } from '../../machines/long-wallet.machine.ts';
import { planMachine } from '../../machines/plan.machine.ts';
import type { PlanEvent, WalletView } from '../../machines/plan.machine.ts';
import { PHASES } from '../../machines/wallet-cycle.ts';
import type { Phase, WalletEvent } from '../../machines/wallet-cycle.ts';
import { dec, plain } from '../../src/domain/decimal.ts';
import { levelPrice } from '../../src/domain/grid.ts';
import type { ResetSpec, WalletSpec } from '../../src/domain/strategy.ts';
import { gridOf, longOf, shortOf, walletParameters } from '../../src/domain/wallet.ts';
import type { Rung, WalletFacts } from '../../src/domain/wallet.ts';
import { desiredOrders } from '../../src/window/desired-orders.ts';
import { instrumentOf, strategy } from '../fixtures.ts';

type WalletSnapshot = SnapshotFrom<typeof hedgeWalletMachine>;
type PlanSnapshot = SnapshotFrom<typeof planMachine>;

/** What happened, in words, and the event itself. */
interface Named<Event> {
  readonly name: string;
  readonly event: Event;
}

export interface Step<Snapshot, Event> extends Named<Event> {
  readonly from: Snapshot;
  readonly to: Snapshot;
}

export interface Walk<Snapshot, Event> {
  readonly snapshots: readonly Snapshot[];
  readonly steps: readonly Step<Snapshot, Event>[];
}

/** Bounds a walk that would not end; the longest takes a third of it. */
const STEPS_MAX = 60_000;
const FAR_LEVELS = 2;

export function walkWallet(wallet: WalletSpec, reset: ResetSpec = { policy: 'independent', onAdvance: null }): Walk<WalletSnapshot, WalletEvent> {
  const plan = strategy({ wallets: [wallet], reset });
  const machine = wallet.name === 'hedge' ? hedgeWalletMachine : (longWalletMachine as unknown as typeof hedgeWalletMachine);
  const input = { parameters: walletParameters(plan, wallet, instrumentOf(plan)), price: '10000', atr: null };
  const names = new Map<string, string>();
  const map = getAdjacencyMap(machine, {
    input,
    limit: STEPS_MAX,
    serializeState: (snapshot) => walletKey(snapshot as WalletSnapshot),
    serializeEvent: (event) => JSON.stringify(event),
    stopWhen: (snapshot) => wasTaken(snapshot.context),
    events: (snapshot) => {
      const named = walletEvents(snapshot, plan.windows);
      for (const { name, event } of named) names.set(JSON.stringify(event), name);
      return named.map(({ event }) => event);
    },
  });
  return walkOf(map, names);
}

function walkOf<Snapshot, Event>(map: AdjacencyMap<Snapshot, Event>, names: ReadonlyMap<string, string>): Walk<Snapshot, Event> {
  const steps = adjacencyMapToArray(map).flatMap(({ state, event, nextState }) => {
    const name = names.get(JSON.stringify(event));
    return name === undefined ? [] : [{ name, event, from: state, to: nextState }];
  });
  return { steps, snapshots: [...new Set(steps.map(({ from }) => from))] };
}

/** The exchange took what the wallet held: the plan is halted, the walk goes no further. */
function wasTaken(facts: WalletFacts): boolean {
  const holdsLong = facts.parameters.cycle === 'rotation' ? facts.longClosedAt === null : facts.rungs.some((rung) => !rung.out);
  const holdsShort = facts.parameters.cycle !== 'fragments' && facts.rungs.some((rung) => rung.out);
  return facts.isOpened && facts.resetDue === null && ((holdsLong && longOf(facts).isZero()) || (holdsShort && shortOf(facts).isZero()));
}

/** Everything that decides where a wallet may go next, without its numbers. */
function walletKey({ value, context: facts }: WalletSnapshot): string {
  const sign = (amount: string): number => Math.sign(Number(amount));
  const distance = Math.max(-FAR_LEVELS, Math.min(FAR_LEVELS, facts.top - facts.unit));
  const rungs = facts.rungs.map((rung) => [rung.out, rung.closeDone, rung.openDone, sign(rung.long), sign(rung.short)].map(Number).join(''));
  const others = [distance, sign(facts.coreLong), facts.longClosedAt, sign(facts.strayShort), facts.hasTraded, facts.resetDue, facts.isOpened];
  return JSON.stringify([value, rungs, others, facts.resetOrder?.legs.map(({ leg }) => leg) ?? null]);
}

function walletEvents({ value, context: facts }: WalletSnapshot, windows: Parameters<typeof desiredOrders>[3]): Named<WalletEvent>[] {
  // One order half way at a time shows all there is; every combination is for the property tests.
  const halfWay = facts.rungs.findIndex(isHalfWay);
  const orders = desiredOrders(facts.parameters.name, value as Phase, facts, windows).filter(({ rung }) => halfWay < 0 || rung === null || rung === halfWay);
  const fills = orders.flatMap((order) =>
    order.legs.flatMap(({ leg, amount }) => {
      const price = order.triggerPrice ?? facts.price;
      const fill = { role: order.role, level: order.level, leg, cycle: order.cycle, price, fee: '0', at: 1 };
      const half = plain(dec(amount).div(2).toDecimalPlaces(4));
      return [
        { name: `${order.role} filled (${leg})`, event: { type: 'fill.booked', fill: { ...fill, amount, isComplete: true } } as const },
        ...(halfWay >= 0 ? [] : [{ name: `${order.role} half filled (${leg})`, event: { type: 'fill.booked', fill: { ...fill, amount: half, isComplete: false } } as const }]),
      ];
    }),
  );
  return [...fills, ...touches(facts), ...lateFills(facts), ...(halfWay < 0 ? rareEvents(facts) : [])];
}

function isHalfWay({ out, fragment, long, short, closeDone, openDone }: Rung): boolean {
  return closeDone || openDone || (long !== '0' && short !== '0') || (out ? long !== '0' : short !== '0' || (fragment !== '0' && long !== fragment));
}

function touches(facts: WalletFacts): Named<WalletEvent>[] {
  const touch = (price: string): WalletEvent => ({ type: 'price.touched', price, at: 2, slides: true });
  if (!facts.isOpened) return [{ name: 'price touched', event: touch(facts.price) }];
  const grid = gridOf(facts);
  // Far from the anchor a walk learns nothing new.
  const isFar = Math.abs(facts.unit) > 2 * FAR_LEVELS;
  const [up, down] = [facts.unit + 1, facts.unit - 1];
  return [
    ...(isFar && facts.unit > 0 ? [] : [{ name: 'level touched upwards', event: touch(plain(levelPrice(grid, up))) }]),
    ...(isFar && facts.unit < 0 ? [] : [{ name: 'level touched downwards', event: touch(plain(levelPrice(grid, down))) }]),
  ];
}

/** An order of the cycle before that filled after all. */
function lateFills(facts: WalletFacts): Named<WalletEvent>[] {
  if (!facts.isOpened || facts.hasTraded || facts.unit !== 0 || facts.strayShort !== '0') return [];
  const late = { level: -1, cycle: facts.cycle - 1, price: facts.price, amount: '0.1', fee: '0', isComplete: true, at: 1 };
  if (facts.parameters.cycle !== 'rotation') return [];
  return [{ name: 'stop-entry-short of an earlier cycle filled', event: { type: 'fill.booked', fill: { ...late, role: 'stop-entry-short', leg: 'open-short' } } }];
}

function rareEvents(facts: WalletFacts): Named<WalletEvent>[] {
  const long = plain(longOf(facts));
  const short = plain(shortOf(facts));
  const taken = (leg: 'close-long' | 'close-short', amount: string): WalletEvent => ({ type: 'position.taken', taken: { leg, amount, price: facts.price, fee: '0' } });
  return [
    { name: 'funding booked', event: { type: 'funding.booked', amount: '-0.1' } },
    { name: 'ATR measured', event: { type: 'atr.measured', atr: '120' } },
    { name: 'reset requested', event: { type: 'reset.requested', reason: 'operator', price: facts.price } },
    { name: "reset's order ended", event: { type: 'reset-order.ended' } },
    ...(facts.isOpened && long !== '0' ? [{ name: 'long taken by the exchange', event: taken('close-long', long) }] : []),
    ...(facts.isOpened && short !== '0' ? [{ name: 'short taken by the exchange', event: taken('close-short', short) }] : []),
  ];
}

const OPERATOR_EVENTS: readonly PlanEvent[] = [
  { type: 'pause', reason: 'by hand' },
  { type: 'resume' },
  { type: 'halt', reason: 'by hand' },
  { type: 'flatten', reason: 'by hand' },
  { type: 'flattened' },
  { type: 'diverge', reason: 'positions differ' },
  { type: 'adopt' },
];

/** A wallet as its phase allows it to look. */
export function viewIn(phase: Phase, options: Partial<WalletView> = {}): WalletView {
  const rungs = phase === 'ADVANCE' || phase === 'RESET' ? 'all-in' : phase === 'DECLINE' ? 'all-out' : 'mixed';
  return { phase, rungs, hasTraded: phase !== 'ADVANCE', hasAdvanced: false, isOpened: true, entriesAllowed: true, ...options };
}

function planEvents(): Named<PlanEvent>[] {
  const pairs: [Phase, Phase][] = [...PHASES.map((phase): [Phase, Phase] => [phase, phase]), ['ADVANCE', 'RETRACEMENT'], ['DECLINE', 'RECOVERY'], ['RESET', 'ADVANCE'], ['DECLINE', 'ADVANCE']];
  const changed = (wallets: readonly WalletView[]): PlanEvent => ({ type: 'wallets.changed', wallets });
  return [
    ...OPERATOR_EVENTS.map((event) => ({ name: event.type, event })),
    ...pairs.map(([first, second]) => ({ name: pairName(first, second), event: changed([viewIn(first), viewIn(second)]) })),
    { name: 'one wallet is too small', event: changed([viewIn('ADVANCE'), viewIn('ADVANCE', { entriesAllowed: false })]) },
    { name: 'one wallet is not opened yet', event: changed([viewIn('ADVANCE'), viewIn('RESET', { isOpened: false })]) },
  ];
}

function pairName(first: Phase, second: Phase): string {
  if (first !== second) return 'wallets in different phases';
  return first === 'ADVANCE' || first === 'DECLINE' ? `all wallets in ${first}` : 'no wallet in ADVANCE or DECLINE';
}

export function walkPlan(reset: ResetSpec = { policy: 'independent', onAdvance: null }): Walk<PlanSnapshot, PlanEvent> {
  const named = planEvents();
  const names = new Map(named.map(({ name, event }) => [JSON.stringify(event), name]));
  const map = getAdjacencyMap(planMachine, {
    input: { reset },
    limit: STEPS_MAX,
    serializeState: ({ value, context }) => JSON.stringify([value, context]),
    serializeEvent: (event) => JSON.stringify(event),
    events: named.map(({ event }) => event),
  });
  return walkOf(map, names);
}

/** Paths of all states without children, `phase.ADVANCE`. */
export function declaredStates(machine: AnyStateMachine): string[] {
  const leaves = (node: AnyStateMachine['root']): string[] => {
    const children = Object.values(node.states);
    return children.length === 0 ? [node.path.join('.')] : children.flatMap(leaves);
  };
  return leaves(machine.root).sort();
}

/** The states a snapshot is in, in the form of `declaredStates`. */
export function statesOf(value: unknown, path: readonly string[] = []): string[] {
  if (typeof value === 'string') return [[...path, value].join('.')];
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  if (entries.length === 0) return [path.join('.')];
  return entries.flatMap(([key, inner]) => statesOf(inner, [...path, key]));
}

/**
 * One line for each state and event: `state  event → next states`. `ignored` where the machine has no transition for it; of parallel
 * regions only those that handle the event are listed.
 */
export function transitionTable<Snapshot extends { readonly value: unknown; can(event: never): boolean }, Event extends AnyEventObject>(machine: AnyStateMachine, walk: Walk<Snapshot, Event>): string {
  const rows = new Map<string, Set<string>>();
  for (const { name, event, from, to } of walk.steps) {
    const after = statesOf(to.value);
    statesOf(from.value).forEach((state, region) => {
      if (machine.root.type === 'parallel' && !regionKnows(machine.root.states[state.split('.')[0] ?? ''], event.type)) return;
      const row = `${state.padEnd(22)} ${name.padEnd(46)} → `;
      const next = from.can(event as never) ? (after[region] ?? '') : 'ignored';
      rows.set(row, (rows.get(row) ?? new Set()).add(next));
    });
  }
  return `${[...rows].map(([row, next]) => row + [...next].sort().join(' | ')).sort().join('\n')}\n`;
}

function regionKnows(node: AnyStateMachine['root'] | undefined, type: string): boolean {
  return node !== undefined && node.events.includes(type);
}
