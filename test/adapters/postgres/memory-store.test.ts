/** The store in memory under the same contract as the durable ones; those are in pglite.test.ts and postgres.test.ts. */
import { createMemoryStore } from '../../../src/sim/memory-store.ts';
import { storeContract } from '../../contract/store.ts';

storeContract('memory', async () => ({ store: createMemoryStore(), reopen: null, end: async () => {} }), { runs: 200 });
