/**
 * Each check of the auditor finds its violation when one is staged: a small world of hand-made deltas, commits and plan facts that
 * breaks no invariant, and one fault planted in it at a time.
 */
import type { Json } from '../../../src/domain/json.ts';
import { describe, expect, it } from 'vitest';
import { Auditor } from '../../../src/sim/auditor/auditor.ts';
import type { AuditedPlan, AuditedWallet } from '../../../src/sim/auditor/audited-plan.ts';
import type { BookDelta } from '../../../src/sim/exchange/delta.ts';
import type { OrderRecord, OrderRequest, TradeRecord } from '../../../src/ports/exchange.ts';
import type { CommitBatch, StoredIntent, StoredOrder } from '../../../src/ports/store.ts';
import { equalWeights, instrument, strategy } from '../../fixtures.ts';

const SYMBOL = 'BTC/USDT:USDT';
const LEVEL = '9900';

interface Leg {
  wallet: 'long';
  role: 'stop-loss' | 'stop-entry-long' | 'market-buy';
  level: number | null;
  cycle: number;
  leg: 'close-long' | 'open-long';
  amount: string;
}

function request(id: string, change: Partial<OrderRequest> = {}): OrderRequest {
  return { account: 'main', symbol: SYMBOL, clientOrderId: id, side: 'sell', type: 'stop-market', amount: '1', price: null, triggerPrice: LEVEL, triggerBy: 'last', positionSide: 'long', reduceOnly: false, postOnly: false, ...change };
}

const OPENING = request('open', { side: 'buy', type: 'market', triggerPrice: null });
const STOP = request('stop');

function record(of: OrderRequest, change: Partial<OrderRecord> = {}): OrderRecord {
  return { ...of, id: `o-${of.clientOrderId}`, status: 'open', triggered: false, filled: '0', reason: null, createdAt: 0, updatedAt: 0, ...change };
}

function trade(change: Partial<TradeRecord> = {}): TradeRecord {
  return { id: 't1', orderId: 'o-open', clientOrderId: 'open', account: 'main', symbol: SYMBOL, side: 'buy', positionSide: 'long', price: '10000', amount: '1', fee: '5', takerOrMaker: 'taker', at: 0, ...change };
}

function delta(change: Partial<BookDelta>): BookDelta {
  return { version: 1, at: 0, counters: { order: 0, trade: 0, event: 0, request: 0 }, ...change };
}

function leg(change: Partial<Leg> = {}): Leg {
  return { wallet: 'long', role: 'stop-loss', level: -1, cycle: 0, leg: 'close-long', amount: '1', ...change };
}

function stored(of: OrderRequest, legs: readonly Leg[], change: Partial<StoredOrder> = {}): StoredOrder {
  return { clientOrderId: of.clientOrderId, slot: 'slot', cycle: 0, generation: 0, request: of, legs: legs as unknown as Json, status: 'committed', exchangeOrderId: null, filled: '0', reason: null, updatedAt: 0, ...change };
}

function placing(of: OrderRequest): StoredIntent {
  return { intentId: `${of.clientOrderId}:place`, clientOrderId: of.clientOrderId, kind: 'place', seq: 1, request: of as unknown as Json, reason: 'test', outcome: 'pending', code: null, committedAt: 0, settledAt: null };
}

function batch(change: Partial<CommitBatch>): CommitBatch {
  const decided = (change.intents ?? []).map(({ seq, kind, clientOrderId, reason }) => ({ seq, at: 0, type: `order.${kind}`, payload: { clientOrderId, reason } }));
  const entries = decided.length === 0 ? [] : [{ seq: 0, at: 0, type: 'plan.opened', payload: { strategyHash: 'hash', build: '1.0.0' } }, ...decided];
  return { planId: 1, entries, snapshot: null, orders: [], intents: [], trades: [], ...change };
}

function received(of: OrderRequest, code: string | null = null): NonNullable<BookDelta['requests']>[number] {
  return { sequence: 1, receivedAt: 0, kind: 'place', request: of, outcome: code === null ? 'done' : 'refused', code };
}

function wallet(change: Partial<AuditedWallet> = {}): AuditedWallet {
  return {
    name: 'long',
    account: 'main',
    cycleKind: 'fragments',
    weights: equalWeights(1),
    cycle: 0,
    phase: 'ADVANCE',
    isOpened: true,
    hasTraded: false,
    entriesAllowed: true,
    anchor: '10000',
    unitSize: '100',
    notional: '10000',
    top: -1,
    rungs: [{ isOut: false, long: '1', short: '0' }],
    coreLong: '0',
    strayShort: '0',
    long: '1',
    short: '0',
    ledger: { capital: '10000', bought: '10000', sold: '0', fees: '5', funding: '0', longCost: '10000', shortCost: '0', realised: '0' },
    equity: '9995',
    ...change,
  };
}

const { windows } = strategy();

function plan(change: Partial<AuditedPlan> = {}, walletChange: Partial<AuditedWallet> = {}): AuditedPlan {
  return { name: 'plan', symbol: SYMBOL, positionMode: 'hedge', spacing: 'arithmetic', instrument: instrument(), windows, operation: 'running', mark: '10000', wallets: [wallet(walletChange)], external: [], conditionalCap: null, isAdopted: false, failure: null, ...change };
}

/** The plan has bought 1 at 10000 and its stop rests: nothing is wrong. `stage` may leave out or add to what was heard. */
function healthy(): Auditor {
  const auditor = new Auditor([instrument()]);
  auditor.begin(0);
  auditor.heard(delta({ prices: [{ symbol: SYMBOL, last: '10000', mark: '10000', index: '10000', at: 0 }] }));
  place(auditor, OPENING, [leg({ role: 'market-buy', level: null, leg: 'open-long' })], { trades: [trade()], orders: [{ sequence: 1, order: record(OPENING, { status: 'closed', filled: '1' }) }], legs: [held('1')] });
  auditor.committed(batch({ orders: [stored(OPENING, [leg({ role: 'market-buy', level: null, leg: 'open-long' })], { status: 'closed', filled: '1' })], trades: [{ seq: 1, trade: trade() }] }));
  place(auditor, STOP, [leg()]);
  return auditor;
}

function held(amount: string): NonNullable<BookDelta['legs']>[number] {
  return { account: 'main', symbol: SYMBOL, positionSide: 'long', amount, cost: '0', margin: '0' };
}

function place(auditor: Auditor, of: OrderRequest, legs: readonly Leg[], more: Partial<BookDelta> = {}): void {
  auditor.committed(batch({ intents: [placing(of)], orders: [stored(of, legs)] }));
  auditor.heard(delta({ requests: [received(of)], orders: [{ sequence: 1, order: record(of) }], ...more }));
}

function verdict(auditor: Auditor, report: Partial<AuditedPlan> = {}, walletChange: Partial<AuditedWallet> = {}, extraRequests = 0): string | null {
  return auditor.audit({ plans: [plan(report, walletChange)], isQuiet: true, extraRequests })?.message ?? null;
}

describe('a healthy world', () => {
  it('breaks nothing', () => {
    expect(verdict(healthy())).toBeNull();
  });

  it('is judged by what the exchange says while answers are under way, not by the plan', () => {
    const report = { plans: [plan({}, { long: '2' })], isQuiet: false, extraRequests: 3 };
    expect(healthy().audit(report)).toBeNull();
  });
});

describe('what others do', () => {
  const foreign = trade({ id: 't7', clientOrderId: 'web_7', amount: '0.5', fee: '2.5' });

  it('is no trade of ours, and no order we should have written down', () => {
    const auditor = healthy();
    auditor.heard(delta({ trades: [foreign], legs: [held('1.5')], orders: [{ sequence: 7, order: record(request('web_7', { side: 'buy', type: 'limit', price: '5000', triggerPrice: null })) }] }));
    expect(verdict(auditor, { external: [{ account: 'main', positionSide: 'long', amount: '0.5' }] })).toBeNull();
  });

  it('has to be known as somebody else\'s position', () => {
    const auditor = healthy();
    auditor.heard(delta({ trades: [foreign], legs: [held('1.5')] }));
    expect(verdict(auditor)).toMatch(/^I5: the wallets hold 1 long together, the exchange 1.5/);
  });
});

it('a trade may be booked again after the store has forgotten it', () => {
  const auditor = healthy();
  auditor.rolledBack([]);
  auditor.committed(batch({ orders: [stored(OPENING, [leg({ role: 'market-buy', level: null, leg: 'open-long' })], { status: 'closed', filled: '1' })], trades: [{ seq: 1, trade: trade() }] }));
  expect(verdict(auditor)).toBeNull();
});

describe('each check finds its violation', () => {
  const cases: readonly (readonly [name: string, expected: RegExp, stage: () => string | null])[] = [
    ['two orders rest in one slot', /^I1: two orders rest/, () => {
      const auditor = healthy();
      place(auditor, request('again'), [leg()]);
      return verdict(auditor);
    }],
    ['an entry is placed where one is live', /^I1: a second order/, () => {
      const auditor = healthy();
      const entry = { role: 'stop-entry-long', level: 1, leg: 'open-long' } as const;
      place(auditor, request('entry', { side: 'buy', triggerPrice: '10100' }), [leg(entry)]);
      place(auditor, request('twin', { side: 'buy', triggerPrice: '10100' }), [leg(entry)]);
      return verdict(auditor);
    }],
    ['a request arrives without an intent', /^I2: a request to place reached/, () => {
      const auditor = healthy();
      auditor.heard(delta({ requests: [received(request('wild'))] }));
      return verdict(auditor);
    }],
    ['a request differs from its intent', /^I2: a request to place differs/, () => {
      const auditor = healthy();
      auditor.committed(batch({ intents: [placing(request('x'))], orders: [stored(request('x'), [leg()])] }));
      auditor.heard(delta({ requests: [received(request('x', { amount: '2' }))] }));
      return verdict(auditor);
    }],
    ['an id carries two contents', /^I2: a client order id carried two/, () => {
      const auditor = healthy();
      auditor.committed(batch({ intents: [{ ...placing(request('stop', { amount: '2' })), intentId: 'stop:place:again' }] }));
      auditor.heard(delta({ requests: [received(request('stop', { amount: '2' }), 'DUPLICATE_CLIENT_ORDER_ID')] }));
      return verdict(auditor);
    }],
    ['an order is given up that rests', /^I3: an order was given up that rests/, () => {
      const auditor = healthy();
      auditor.committed(batch({ orders: [stored(STOP, [leg()], { status: 'closed', reason: 'it never reached the exchange' })] }));
      return verdict(auditor);
    }],
    ['an order arrives that had been given up', /^I3: an order arrived that had been given up/, () => {
      const auditor = healthy();
      const late = request('late');
      auditor.committed(batch({ intents: [placing(late)], orders: [stored(late, [leg()], { status: 'closed', reason: 'it never reached the exchange' })] }));
      auditor.heard(delta({ requests: [received(late)], orders: [{ sequence: 9, order: record(late) }] }));
      return verdict(auditor);
    }],
    ['the store has forgotten a trade, and it stays unbooked', /^I4: a trade of ours was never booked/, () => {
      const auditor = healthy();
      auditor.rolledBack([]);
      return verdict(auditor);
    }],
    ['a trade is booked twice', /^I4: a trade was booked twice/, () => {
      const auditor = healthy();
      auditor.committed(batch({ trades: [{ seq: 2, trade: trade() }] }));
      return verdict(auditor);
    }],
    ['a trade is never booked', /^I4: a trade of ours was never booked/, () => {
      const auditor = healthy();
      auditor.heard(delta({ trades: [trade({ id: 't2', amount: '0.1' })], legs: [held('1.1')] }));
      return verdict(auditor);
    }],
    ['a trade is booked that never happened', /^I4: a trade was booked that the exchange/, () => {
      const auditor = healthy();
      auditor.committed(batch({ trades: [{ seq: 2, trade: trade({ id: 't9' }) }] }));
      return verdict(auditor);
    }],
    ['the filled amount is not the sum of the booked trades', /^I4: an order is stored with another filled/, () => {
      const auditor = healthy();
      auditor.heard(delta({ trades: [trade({ id: 't2', amount: '0.1' })] }));
      auditor.committed(batch({ orders: [stored(OPENING, [leg()], { status: 'closed', filled: '1.3' })], trades: [{ seq: 2, trade: trade({ id: 't2', amount: '0.1' }) }] }));
      return verdict(auditor);
    }],
    ['the wallets hold something else than the exchange', /^I5: the wallets hold 2 long/, () => verdict(healthy(), {}, { long: '2', rungs: [{ isOut: false, long: '2', short: '0' }] })],
    ['legs do not add up to the order', /^I5: the legs of a resting order/, () => {
      const auditor = healthy();
      auditor.committed(batch({ orders: [stored(STOP, [leg({ amount: '0.4' })])] }));
      return verdict(auditor);
    }],
    ['a position rests uncovered', /^I6: 1 of the long position/, () => {
      const auditor = healthy();
      auditor.heard(delta({ orders: [{ sequence: 2, order: record(STOP, { status: 'canceled', reason: 'CANCELED_BY_CLIENT' }) }] }));
      return verdict(auditor);
    }],
    ['a closing order takes more than its leg holds', /^I7: a closing order increased or flipped/, () => {
      const auditor = healthy();
      auditor.heard(delta({ trades: [trade({ id: 't2', clientOrderId: 'stop', side: 'sell', amount: '3' })] }));
      return verdict(auditor);
    }],
    ['closing orders together close more than is held', /^I7: closing orders for 1.5 are open/, () => {
      const auditor = healthy();
      place(auditor, request('extra', { amount: '0.5', triggerPrice: '9800' }), [leg({ level: -2, amount: '0.5' })]);
      return verdict(auditor);
    }],
    ['a wallet holds less than nothing', /^I7: a wallet closed more than it held/, () => verdict(healthy(), {}, { coreLong: '-1', rungs: [{ isOut: false, long: '2', short: '0' }] })],
    ['entries add up to more than the notional', /^I8: the resting open-long entries/, () => {
      const auditor = healthy();
      place(auditor, request('entry', { side: 'buy', triggerPrice: '10100', amount: '2' }), [leg({ role: 'stop-entry-long', level: 1, leg: 'open-long', amount: '2' })]);
      return verdict(auditor);
    }],
    ['one more pass sends something', /^I10: one more pass/, () => verdict(healthy(), {}, {}, 1)],
    ['an order of the ladder is missing', /^ladder: an order of the ladder does not rest/, () => {
      const auditor = healthy();
      auditor.heard(delta({ orders: [{ sequence: 2, order: record(STOP, { status: 'canceled', reason: 'CANCELED_BY_CLIENT' }) }], trades: [trade({ id: 't2', side: 'sell', clientOrderId: null })], legs: [held('0')] }));
      const ledger = { ...wallet().ledger, sold: '10000', longCost: '0', fees: '10' };
      return verdict(auditor, {}, { phase: 'DECLINE', hasTraded: true, long: '0', rungs: [{ isOut: true, long: '0', short: '0' }], ledger, equity: '9990' });
    }],
    ['an order rests that the ladder does not have', /^ladder: an order rests that the ladder does not have/, () => verdict(healthy(), {}, { top: 0 })],
    ['an order rests with another amount', /^ladder: an order rests with another amount/, () => {
      const auditor = healthy();
      auditor.heard(delta({ orders: [{ sequence: 2, order: record(STOP, { status: 'canceled', reason: 'CANCELED_BY_CLIENT' }) }] }));
      place(auditor, request('less', { amount: '0.9999' }), [leg({ amount: '0.9999' })]);
      return verdict(auditor, { instrument: instrument({ minAmount: '0.001' }) });
    }],
    ['a step sends too much', /^I11: one step sent/, () => {
      const auditor = healthy();
      for (let count = 0; count < 100; count += 1) place(auditor, request(`n${count}`, { triggerPrice: '9000' }), [leg({ level: -10 - count })]);
      return auditor.audit({ plans: [plan()], isQuiet: false, extraRequests: 0 })?.message ?? null;
    }],
    ['one slot is asked for again and again', /^I11: one step sent 17 requests for one slot/, () => {
      const auditor = healthy();
      for (let count = 0; count < 16; count += 1) {
        const of = request(`r${count}`);
        auditor.committed(batch({ intents: [placing(of)], orders: [stored(of, [leg()])] }));
        auditor.heard(delta({ requests: [received(of, 'INSUFFICIENT_MARGIN')] }));
      }
      return auditor.audit({ plans: [plan()], isQuiet: false, extraRequests: 0 })?.message ?? null;
    }],
    ['a final order opens again at the exchange', /^I13: a final order was open again/, () => {
      const auditor = healthy();
      auditor.heard(delta({ orders: [{ sequence: 1, order: record(OPENING) }] }));
      return verdict(auditor);
    }],
    ['a finished order is stored as working', /^I13: a finished order was stored/, () => {
      const auditor = healthy();
      auditor.committed(batch({ orders: [stored(OPENING, [leg()], { status: 'live' })] }));
      return verdict(auditor);
    }],
    ['rungs do not add up', /^I14: the rungs do not add up/, () => verdict(healthy(), {}, { rungs: [{ isOut: false, long: '0.9', short: '0' }] })],
    ['phase and rungs disagree', /^I14: in DECLINE every rung is out/, () => verdict(healthy(), {}, { phase: 'DECLINE' })],
    ['a fee is missing in the ledger', /^I14: the wallets' cash flow/, () => verdict(healthy(), {}, { ledger: { ...wallet().ledger, fees: '4' } })],
    ['cost and cash flow disagree', /^I14: cash flow is not/, () => verdict(healthy(), {}, { ledger: { ...wallet().ledger, longCost: '9999' } })],
    ['equity is shown wrongly', /^I14: the wallets' equity/, () => verdict(healthy(), {}, { equity: '9996' })],
    ['an amount is off the step', /^I15: amount 0.00005/, () => {
      const auditor = healthy();
      place(auditor, request('fine', { amount: '0.00005' }), [leg({ amount: '0.00005', level: -3 })]);
      return verdict(auditor);
    }],
    ['a trigger is off the tick', /^I15: price 9900.05/, () => {
      const auditor = healthy();
      place(auditor, request('odd', { triggerPrice: '9900.05' }), [leg({ level: -3 })]);
      return verdict(auditor);
    }],
    ['the plan stopped by itself', /^engine: the plan stopped/, () => verdict(healthy(), { failure: 'I10 reconciling settles' })],
  ];

  it.each(cases)('%s', (_, expected, stage) => {
    expect(stage()).toMatch(expected);
  });

  it('and says where: step, time and facts', () => {
    const auditor = healthy();
    auditor.begin(7);
    expect(auditor.audit({ plans: [plan({}, { equity: '0' })], isQuiet: true, extraRequests: 0 })).toMatchObject({ invariant: 'I14', step: 7, at: 0, facts: { plan: 'plan', wallets: '0', exchange: '9995' } });
  });
});

describe('what is committed with an intent (I21, I23)', () => {
  const intent = placing(request('x'));
  const told = { seq: 0, at: 0, type: 'plan.opened', payload: { strategyHash: 'hash', build: '1.0.0' } };
  const decided = { seq: intent.seq, at: 0, type: 'order.place', payload: { clientOrderId: 'x', reason: intent.reason } };
  const judged = (change: Partial<CommitBatch>): string | null => {
    const auditor = new Auditor([instrument()]);
    auditor.committed({ ...batch({}), ...change });
    return auditor.violation?.message ?? null;
  };

  it.each([
    ['nothing is wrong', { entries: [told, decided], intents: [intent] }, null],
    ['nobody said which strategy decides', { entries: [decided], intents: [intent] }, /^I21: .*before the journal says under which strategy and program/],
    ['no entry decided it', { entries: [told], intents: [intent] }, /^I21: an intent names no journal entry/],
    ['the entry is of another order', { entries: [told, { ...decided, payload: { ...decided.payload, clientOrderId: 'y' } }], intents: [intent] }, /^I21: an intent names no journal entry/],
    ['the entry gives another reason', { entries: [told, { ...decided, payload: { ...decided.payload, reason: '' } }], intents: [intent] }, /^I21: .*no reason/],
    ['a commit grows without bound', { entries: Array.from({ length: 1_001 }, (_, seq) => ({ seq, at: 0, type: 'price.touched', payload: {} })) }, /^I23: one commit wrote 1001 rows/],
  ] as const)('%s', (_, change, message) => {
    const verdict = judged(change as Partial<CommitBatch>);
    if (message === null) expect(verdict).toBeNull();
    else expect(verdict).toMatch(message);
  });
});
