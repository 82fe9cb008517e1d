/**
 * One ccxt client as a wire: it signs and sends, and every answer comes back as the exchange gave it. ccxt's retries, error classes, rate
 * limiter and unified parsing are not used, because none of them can tell what became of a request (facts: a timeout covers only the
 * headers, a body may break off, junk may come with 200, classes mix refused with unknown).
 */
import type { Json } from '../../domain/json.ts';
import type { CcxtClient } from './load-exchange.ts';
import type { Priority, RateBudget } from './rate-budget.ts';

/** A request in the exchange's own terms; `api` and `path` are those of ccxt's endpoint tables. */
export interface Call {
  /** ccxt's section of endpoints; where it has two levels, both. */
  readonly api: string | readonly string[];
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** A list where the exchange wants one as the body, even for a single row. */
  readonly params: Readonly<Record<string, Json>> | readonly Readonly<Record<string, Json>>[];
  /** As the exchange counts it. */
  readonly weight: number;
}

/** What came back, whole. `json` is undefined when the body is none. */
export interface Answer {
  readonly type: 'answer';
  readonly status: number;
  readonly json: Json | undefined;
  readonly text: string;
  /** From Retry-After, ms. */
  readonly retryAfterMs: number | null;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Nothing whole came back: the request may have been carried out. `wasSent` is false when it certainly never left. */
export interface Silence {
  readonly type: 'silence';
  readonly message: string;
  readonly wasSent: boolean;
}

export type Reply = Answer | Silence;

/** What of ccxt's client is used here; its own types say `any` for most of it. */
interface Wire {
  handleErrors: (status: number, reason: string, url: string, method: string, headers: Readonly<Record<string, string>>, body: string, json: unknown) => unknown;
  request(path: string, api: string | readonly string[], method: string, params: unknown): Promise<unknown>;
}

/** Thrown out of ccxt's answer handling, so that neither its error tables nor its parsing see the answer. */
class Arrived {
  readonly answer: Answer;
  constructor(answer: Answer) {
    this.answer = answer;
  }
}

/** No connection was made: the request never left. */
const NEVER_LEFT = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT/;

export interface RestClientOptions {
  readonly client: CcxtClient;
  readonly budget: RateBudget;
  /** For the whole answer, body included, ms. */
  readonly deadlineMs: number;
  /** The weight used so far in the exchange's own count, where its answers tell. */
  readonly usedWeight?: (answer: Answer) => number | null;
}

export class RestClient {
  readonly #wire: Wire;
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = options;
    this.#wire = options.client as unknown as Wire;
    this.#wire.handleErrors = (status, _reason, _url, _method, headers, text, json) => {
      throw new Arrived(answerOf(status, headers, text, json));
    };
  }

  /** Waits for the budget, sends once, and gives back what came; never rejects for what network or exchange do. */
  async send(call: Call, priority: Priority): Promise<Reply> {
    const { budget, usedWeight } = this.#options;
    if (!(await budget.acquire(call.weight, priority, PATIENCE_MS[priority] + budget.refillMs(call.weight)))) return { type: 'silence', message: OVER_BUDGET, wasSent: false };
    const reply = await this.#sendNow(call);
    if (reply.type === 'answer') {
      const used = usedWeight?.(reply) ?? null;
      if (used !== null) budget.usedAtLeast(used);
      if (reply.status === 429 || reply.status === 418) budget.pause(reply.retryAfterMs ?? RATE_LIMIT_PAUSE_MS);
    }
    return reply;
  }

  async #sendNow({ path, api, method, params }: Call): Promise<Reply> {
    const startedAt = performance.now();
    const { deadlineMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<Silence>((resolve) => {
      timer = setTimeout(() => resolve({ type: 'silence', message: `no whole answer within ${deadlineMs} ms`, wasSent: true }), deadlineMs);
    });
    const answered = this.#wire.request(path, api, method, Array.isArray(params) ? params.map((row: Call['params']) => ({ ...row })) : { ...params }).then(
      (): Reply => ({ type: 'silence', message: 'an answer that was not handled', wasSent: true }),
      (thrown: unknown): Reply => (thrown instanceof Arrived ? thrown.answer : silenceOf(thrown, performance.now() - startedAt)),
    );
    try {
      return await Promise.race([answered, deadline]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Beyond the time its own weight takes to come back, nobody waits longer for the budget, ms: a plan that waits does nothing else meanwhile. */
const PATIENCE_MS: Readonly<Record<Priority, number>> = { protect: 2_000, write: 2_000, read: 1_500 };
export const OVER_BUDGET = "not sent: the exchange's request limits are used up";
/** Where a rate limit comes without a Retry-After. */
const RATE_LIMIT_PAUSE_MS = 5_000;

function answerOf(status: number, headers: Readonly<Record<string, string>>, text: string, json: unknown): Answer {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const retryAfter = Number(lower['retry-after'] ?? NaN);
  return { type: 'answer', status, json: json as Json | undefined, text, retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1_000 : null, headers: lower };
}

/** The message names the kind of failure only: ccxt's own carries the signed URL (I19). */
function silenceOf(thrown: unknown, afterMs: number): Silence {
  const text = thrown instanceof Error ? `${thrown.message} ${String((thrown as { cause?: unknown }).cause ?? '')}` : String(thrown);
  const code = /\b(?:E[A-Z_]{4,}|UND_ERR_[A-Z_]+)\b/.exec(text)?.[0];
  const name = thrown instanceof Error ? thrown.name : 'unknown failure';
  return { type: 'silence', message: `${name}${code === undefined ? '' : ` ${code}`} after ${Math.round(afterMs)} ms`, wasSent: !NEVER_LEFT.test(text) };
}
