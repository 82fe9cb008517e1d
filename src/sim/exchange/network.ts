/**
 * The way of a request to the exchange and of the answer back, in virtual time. The request is bound to nobody: it arrives, once or
 * twice, also long after the client was told something, and whether or not the client still exists.
 */
import { HedgerowError } from '../../domain/errors.ts';
import type { OrderRecord, WriteOutcome } from '../../ports/exchange.ts';
import type { Delivery } from './config.ts';
import type { RunOperation } from './exchange-acts.ts';
import type { RequestLine } from './request-line.ts';

type Outcome = WriteOutcome<OrderRecord>;

const LOST: Outcome = { type: 'unknown', message: 'no answer' };

export interface NetworkOptions {
  readonly line: RequestLine;
  readonly now: () => number;
  /** Runs what arrives as one operation. */
  readonly run: RunOperation;
  /** When what arrives now is let in; null: at once. */
  readonly heldUntil: () => number | null;
}

export class Network {
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  write(delivery: Delivery, arrive: () => Outcome): Promise<Outcome> {
    const { requestMs, responseMs, applied, answer, answerAfterMs, repeatAfterMs } = delivery;
    return new Promise((resolve, reject) => {
      const isTimed = answerAfterMs !== undefined;
      if (isTimed) this.#settle(answerAfterMs, () => resolve(answer ?? LOST));
      this.#arrive(requestMs, () => {
        try {
          let outcome = applied === 0 ? LOST : arrive();
          if (applied === 2 && repeatAfterMs === undefined) outcome = arrive();
          if (applied === 2 && repeatAfterMs !== undefined) this.#schedule(repeatAfterMs, () => this.#letIn(arrive));
          if (!isTimed) this.#settle(responseMs, () => resolve(answer ?? outcome));
        } catch (error) {
          if (isTimed) throw error;
          this.#settle(responseMs, () => reject(error));
        }
      });
    });
  }

  read<T>(delivery: Delivery, look: () => T): Promise<T> {
    const { requestMs, responseMs, answerAfterMs } = delivery;
    return new Promise((resolve, reject) => {
      if (answerAfterMs !== undefined) {
        this.#settle(answerAfterMs, () => reject(new HedgerowError('EXCHANGE_UNAVAILABLE', 'the exchange did not answer in time; ask again later')));
        return;
      }
      this.#arrive(requestMs, () => {
        try {
          const value = look();
          this.#settle(responseMs, () => resolve(value));
        } catch (error) {
          this.#settle(responseMs, () => reject(error));
        }
      });
    });
  }

  #arrive(requestMs: number, run: () => void): void {
    if (requestMs === 0) this.#options.run(() => this.#letIn(run));
    else this.#schedule(requestMs, () => this.#letIn(run));
  }

  #letIn(run: () => unknown): void {
    const heldUntil = this.#options.heldUntil();
    if (heldUntil === null) run();
    else this.#options.line.schedule(heldUntil, () => this.#letIn(run));
  }

  #settle(delayMs: number, settle: () => void): void {
    if (delayMs === 0) settle();
    else this.#schedule(delayMs, settle);
  }

  #schedule(delayMs: number, run: () => void): void {
    this.#options.line.schedule(this.#options.now() + delayMs, run);
  }
}
