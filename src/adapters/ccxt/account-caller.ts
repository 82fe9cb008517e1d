/**
 * Requests with a meaning: a read gives JSON or EXCHANGE_UNAVAILABLE, a write one of three outcomes (I3, I18). What is sent is never
 * sent twice here.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Caller, Dialect, Verdict } from './dialect.ts';
import type { Priority, RateBudget } from './rate-budget.ts';
import { OVER_BUDGET } from './rest-client.ts';
import type { Call, Reply, RestClient } from './rest-client.ts';

/** What would have to wait longer for the end of a ban is not sent at all. */
const BAN_PATIENCE_MS = 1_000;
/** When the limits are used up, a plan sends again after this. */
const BUDGET_PAUSE_MS = 1_000;
/** An order was not taken because of our clock; the offset is measured again. */
export const CLOCK_REFUSAL = 'CLOCK_SKEW';

export interface CallerParts {
  readonly exchangeId: string;
  readonly dialect: Pick<Dialect, 'judge'>;
  readonly read: RestClient;
  /** A client of its own: what is polled never stands before what is sent. */
  readonly write: RestClient;
  readonly budget: RateBudget;
  readonly onClockRefusal: () => void;
}

export class AccountCaller implements Caller {
  readonly #parts: CallerParts;

  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  async read(call: Call): Promise<Json> {
    const verdict = await this.ask(call);
    if (verdict.type === 'ok') return verdict.json;
    throw this.#unavailable(call, `${verdict.type === 'refused' ? `${verdict.code} ` : ''}${verdict.message}`);
  }

  async ask(call: Call): Promise<Verdict> {
    if (this.#parts.budget.pauseLeftMs > BAN_PATIENCE_MS) throw this.#unavailable(call, 'not asked: the exchange asked for silence');
    const reply = await this.#parts.read.send(call, 'read');
    if (reply.type === 'silence') throw this.#unavailable(call, reply.message);
    return this.#judge(reply);
  }

  async write(call: Call, priority: Priority): Promise<Verdict> {
    const { pauseLeftMs } = this.#parts.budget;
    if (pauseLeftMs > BAN_PATIENCE_MS) return overBudget('not sent: the exchange asked for silence', pauseLeftMs);
    const reply = await this.#parts.write.send(call, priority);
    if (reply.type === 'answer') return this.#judge(reply);
    if (reply.wasSent) return { type: 'unknown', message: reply.message };
    return reply.message === OVER_BUDGET ? overBudget(reply.message, BUDGET_PAUSE_MS) : { type: 'refused', code: 'MARKET_HALTED', message: `not sent: ${reply.message}` };
  }

  #judge(reply: Extract<Reply, { type: 'answer' }>): Verdict {
    const verdict = this.#parts.dialect.judge(reply);
    if (verdict.type === 'refused' && verdict.code === CLOCK_REFUSAL) this.#parts.onClockRefusal();
    return verdict;
  }

  #unavailable({ method, path }: Call, why: string): HedgerowError {
    return new HedgerowError('EXCHANGE_UNAVAILABLE', `${this.#parts.exchangeId} ${method} ${path}: ${why}`);
  }
}

function overBudget(message: string, retryAfterMs: number): Verdict {
  return { type: 'refused', code: 'RATE_LIMITED', message, retryAfterMs: Math.ceil(retryAfterMs) };
}
