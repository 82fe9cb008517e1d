/** Memory of a loaded plan: the difference between processes with 1 and with 200 plans at rest, after collecting garbage. */
import type { Store } from '../ports/store.ts';
import type { SimulatedExchange } from '../sim/exchange/simulated-exchange.ts';
import type { World } from '../sim/world.ts';
import type { Bench, OpenBench } from './bench.ts';
import { runNode } from './child-process.ts';
import { loadPlans, manyStrategies } from './loaded-plans.ts';

const PLANS = 200;
const KB = 1_024;
const HEAP = 'heap of one plan';
const ENGINE = 'of it the bot: runner, machines, windows';
const RSS = 'resident memory of one plan';
const PROCESS = `resident memory of a process with ${PLANS} plans`;

export const planMemory: Bench = {
  group: `memory, (${PLANS} plans − 1 plan) / ${PLANS - 1}`,
  warmsUp: false,
  roundsMax: 2,
  rows: [
    { name: HEAP, unit: 'kB', note: 'two wallets of four fragments, with its simulated market and account, resting orders and memory store' },
    { name: ENGINE, unit: 'kB', note: 'what the heap loses when engine and runners are let go, exchange and store stay' },
    { name: RSS, unit: 'kB' },
    { name: PROCESS, unit: 'MB' },
  ],
  open: async (): Promise<OpenBench> => ({
    round: async () => {
      const one = await memoryWith(1);
      const many = await memoryWith(PLANS);
      const perPlan = (key: keyof LoadedMemory): number[] => [(many[key] - one[key]) / (PLANS - 1) / KB];
      return { [HEAP]: perPlan('heap'), [ENGINE]: perPlan('engine'), [RSS]: perPlan('rss'), [PROCESS]: [many.rss / KB / KB] };
    },
    close: async () => {},
  }),
};

/** Bytes. */
interface LoadedMemory {
  readonly heap: number;
  readonly rss: number;
  readonly engine: number;
}

async function memoryWith(plans: number): Promise<LoadedMemory> {
  const program = `import { printLoadedMemory } from ${JSON.stringify(import.meta.url)}; await printLoadedMemory(${plans});`;
  const { stdout } = await runNode(['--expose-gc', '--input-type=module', '--eval', program]);
  return JSON.parse(stdout) as LoadedMemory;
}

/** What the child process does. */
export async function printLoadedMemory(plans: number): Promise<void> {
  const held = await hold(plans);
  const loaded = await collected();
  await letGo(held);
  const rest = await collected();
  process.stdout.write(JSON.stringify({ heap: loaded.heapUsed, rss: loaded.rss, engine: loaded.heapUsed - rest.heapUsed } satisfies LoadedMemory));
  // Looked at last, so that neither can be collected before.
  if (held.exchange.lastTickAt() === null || held.store.description === '') throw new Error('the plans of this benchmark have not started');
}

interface Held {
  world: World | null;
  readonly exchange: SimulatedExchange;
  readonly store: Store;
}

/** The world is held by one reference only, which can be let go; this function's frame is gone when it has returned. */
async function hold(plans: number): Promise<Held> {
  const { world, store } = await loadPlans(manyStrategies(plans, 'own'));
  return { world, exchange: world.exchange, store };
}

async function letGo(held: Held): Promise<void> {
  await held.world?.engine.stop();
  held.world = null;
}

const COLLECTIONS = 3;

async function collected(): Promise<NodeJS.MemoryUsage> {
  if (globalThis.gc === undefined) throw new Error('memory is measured with --expose-gc');
  for (let time = 0; time < COLLECTIONS; time += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}
