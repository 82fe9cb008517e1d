/** The store in memory under the same contract as the durable ones; those are in pglite.test.ts and postgres.test.ts. */
import { createMemoryStore } from '../../../src/sim/memory-store.ts';
import { storeContract } from '../../contract/store.ts';
import { CHECKPOINT_EVERY, NOW } from '../../contract/store-samples.ts';

storeContract(
  'memory',
  async () => {
    let now = NOW;
    return { store: createMemoryStore({ now: () => now }, CHECKPOINT_EVERY), pass: async (ms) => void (now += ms), reopen: null, end: async () => {} };
  },
  { runs: 200 },
);
