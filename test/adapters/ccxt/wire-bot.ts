/**
 * The whole bot (machines, windows, outbox, recovery, ccxt adapter, real ccxt) against a local exchange server, judged after every price by
 * the auditor, which hears the server's own simulated exchange and every commit of the bot. For the tests of every adapter.
 */
import { RealTimeLoop } from '../../../src/cli/run/real-time-loop.ts';
import { openCcxtExchange } from '../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import type { CcxtExchangeOptions } from '../../../src/adapters/ccxt/open-ccxt-exchange.ts';
import type { CcxtExchange } from '../../../src/adapters/ccxt/ccxt-exchange.ts';
import { PLAIN_CONNECTION } from '../../../src/adapters/ccxt/ccxt-clients.ts';
import { realClock } from '../../../src/adapters/system/real-clock.ts';
import type { Strategy } from '../../../src/domain/strategy.ts';
import { Engine } from '../../../src/engine/engine.ts';
import type { PlanRunner } from '../../../src/engine/plan-runner.ts';
import { openRunner } from '../../../src/engine/recovery.ts';
import type { TradeRecord } from '../../../src/ports/exchange.ts';
import type { Log } from '../../../src/ports/log.ts';
import type { CommitBatch, Store } from '../../../src/ports/store.ts';
import { auditedPlan } from '../../../src/sim/audited-facts.ts';
import type { AuditedPlan } from '../../../src/sim/auditor/audited-plan.ts';
import { Auditor } from '../../../src/sim/auditor/auditor.ts';
import type { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import { forwardingStore } from '../../../src/sim/forwarding-store.ts';
import { createMemoryStore } from '../../../src/sim/memory-store.ts';
import type { WireWorld } from '../../../src/sim/wire/wire-world.ts';

export interface WireBotOptions {
  readonly server: { readonly exchange: SimulatedExchange; readonly world: WireWorld; readonly listener: { readonly address: string } };
  readonly exchangeId: CcxtExchangeOptions['exchangeId'];
  readonly strategy: Strategy;
  readonly credentials: CcxtExchangeOptions['credentials'];
  readonly deadlineMs?: number;
  /** Default: the exchange's own. */
  readonly budget?: CcxtExchangeOptions['budget'];
  /** How long a price may take to have all its consequences. */
  readonly restWithinMs?: number;
  readonly log?: Log;
}

const SILENT: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** For a price to have all its consequences on a loaded machine, and through lost answers that are looked up. */
const REST_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 10;

export class WireBot {
  readonly #options: WireBotOptions;
  readonly #store: Store;
  readonly auditor: Auditor;
  /** Wire trade id → the server's own record; the two know trades by different ids. */
  readonly #trades = new Map<string, TradeRecord>();
  readonly #matched = new Set<string>();
  #steps = 0;
  #exchange: CcxtExchange | null = null;
  #runner: PlanRunner | null = null;
  #engine: Engine | null = null;
  #loop: RealTimeLoop | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(options: WireBotOptions) {
    this.#options = options;
    const { exchange } = options.server;
    this.auditor = new Auditor(exchange.truth().prices.map(({ symbol }) => options.server.world.markets.find((market) => market.symbol === symbol)).filter((market) => market !== undefined));
    this.auditor.heard(exchange.snapshot());
    exchange.onDelta((delta) => this.auditor.heard(delta));
    const memory = createMemoryStore(realClock);
    this.#store = forwardingStore(memory, {
      commit: async (batch) => {
        await memory.commit(batch);
        this.auditor.committed(this.#inServersWords(batch));
      },
    });
  }

  get runner(): PlanRunner {
    if (this.#runner === null) throw new Error('the bot of a test was not started');
    return this.#runner;
  }

  get exchange(): CcxtExchange {
    if (this.#exchange === null) throw new Error('the bot of a test was not started');
    return this.#exchange;
  }

  /** The wallets as the bot knows them. */
  wallets(): AuditedPlan['wallets'] {
    return auditedPlan(this.runner)?.wallets ?? [];
  }

  /** Starts it, or starts it again after `crash`, from what its store holds. */
  async start(): Promise<void> {
    const { server, exchangeId, strategy, credentials, deadlineMs = 2_000, budget, log = SILENT } = this.#options;
    const { address } = server.listener;
    this.#exchange = await openCcxtExchange({ exchangeId, credentials, symbols: [strategy.symbol], log, deadlineMs, ...(budget !== undefined && { budget }), connection: { ...PLAIN_CONNECTION, restUrl: `http://${address}`, streamUrl: `ws://${address}` } });
    this.#exchange.start();
    this.#runner = await openRunner(strategy, 'hash', exchangeId, { exchange: this.#exchange, store: this.#store, clock: realClock, log });
    this.#engine = new Engine(this.#exchange, [this.#runner]);
    this.#loop = new RealTimeLoop({ engine: this.#engine, exchange: this.#exchange, clock: realClock });
    this.#running = this.#loop.run();
  }

  /** Ends it where it stands; what it has sent may still arrive. */
  async crash(): Promise<void> {
    this.#loop?.stop();
    await this.#exchange?.close();
    await this.#running;
  }

  /** A new price at the exchange; resolves when everything that follows from it has been done and the auditor finds nothing. */
  async price(last: string): Promise<void> {
    this.#options.server.world.tick(this.#options.strategy.symbol, last);
    await this.rest();
  }

  /** Waits until the plan is at rest as the auditor sees it. Throws its first finding when that does not happen. */
  async rest(): Promise<void> {
    const deadline = realClock.elapsed() + (this.#options.restWithinMs ?? REST_WITHIN_MS);
    for (let why = this.#unrest(); why !== null; why = this.#unrest()) {
      if (realClock.elapsed() > deadline) throw new Error(`the bot did not come to rest: ${why}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    const plan = auditedPlan(this.runner);
    const violation = this.auditor.audit({ plans: plan === null ? [] : [plan], isQuiet: true, extraRequests: 0 });
    if (violation !== null) throw new Error(`${violation.invariant} ${violation.message} ${JSON.stringify(violation)}`);
    this.#steps += 1;
    this.auditor.begin(this.#steps);
  }

  /** Throws what the auditor has found so far, or what stopped the plan. */
  check(): void {
    const { runner } = this;
    if (runner.failure !== null) throw runner.failure;
    if (this.auditor.violation !== null) throw new Error(JSON.stringify(this.auditor.violation));
  }

  #unrest(): string | null {
    this.check();
    const { runner } = this;
    const { symbol } = this.#options.strategy;
    const price = this.#options.server.exchange.truth().prices.find((each) => each.symbol === symbol)?.last;
    if (runner.prices?.last !== price) return `it knows the price ${runner.prices?.last ?? 'of nothing'}, which is ${price ?? 'none'}`;
    if (this.#engine?.isSettled !== true) return 'it works';
    const plan = auditedPlan(runner);
    if (plan === null) return 'it has not started';
    // A reset waits for readings between its orders.
    const resetting = plan.wallets.find(({ phase }) => phase === 'RESET');
    if (resetting !== undefined) return `wallet ${resetting.name} resets`;
    const fault = this.auditor.faultAtRest(plan);
    return fault === null ? null : `${fault.invariant} ${fault.message} ${JSON.stringify(fault.facts)}`;
  }

  /** The same commit with the trades as the server's own records have them, where price, amount, side and fee are the same. */
  #inServersWords(batch: CommitBatch): CommitBatch {
    return { ...batch, trades: batch.trades.map(({ seq, trade }) => ({ seq, trade: this.#serversRecord(trade) })) };
  }

  #serversRecord(trade: TradeRecord): TradeRecord {
    const known = this.#trades.get(trade.id);
    if (known !== undefined) return known;
    const own = this.#options.server.exchange.truth().trades.find((each) => !this.#matched.has(each.id) && isSame(each, trade));
    if (own === undefined) return trade;
    this.#matched.add(own.id);
    this.#trades.set(trade.id, own);
    return own;
  }
}

function isSame(a: TradeRecord, b: TradeRecord): boolean {
  return (['clientOrderId', 'symbol', 'side', 'positionSide', 'price', 'amount', 'fee', 'takerOrMaker', 'at'] as const).every((field) => a[field] === b[field]);
}
