/** `hedgerow trace`: documents per second, as it is compared with other implementations by the many thousand. */
import { trace } from '../engine/trace.ts';
import { seededRandom } from '../sim/random.ts';
import type { Bench, OpenBench } from './bench.ts';
import { START_PRICE, benchInstrument, benchStrategy } from './bench-strategies.ts';
import { rateOf } from './measure.ts';

const PRICES = 2_000;
const ROUND_MS = 300;
/** Each price lies up to this far from the one before: one to two units, so that most documents hold fills. */
const JUMP = 300;
const ROW = 'documents of two wallets, fill mode touch';

export const traceDocuments: Bench = {
  group: 'trace',
  warmsUp: true,
  rows: [{ name: ROW, unit: 'documents/s', note: 'objects only; making JSON text of them is not in it' }],
  open: async (): Promise<OpenBench> => {
    const prices = walkOf(PRICES);
    return {
      round: async () => ({
        [ROW]: [
          await rateOf(ROUND_MS, () => {
            let documents = 0;
            for (const _ of trace({ strategy: benchStrategy(), instrument: benchInstrument(), prices, fill: 'touch', atr: null })) documents += 1;
            return documents;
          }),
        ],
      }),
      close: async () => {},
    };
  },
};

function walkOf(length: number): string[] {
  const random = seededRandom('trace');
  let price = START_PRICE;
  return Array.from({ length }, (_, index) => {
    if (index > 0) price = Math.max(START_PRICE / 2, Math.min(START_PRICE * 2, price + JUMP * (2 * random.fraction() - 1)));
    return price.toFixed(1);
  });
}
