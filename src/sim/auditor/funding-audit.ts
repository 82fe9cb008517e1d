/**
 * I14 for funding: a payment belongs to the wallets by what each of them held when it was booked, `−held · mark · rate`. Holdings are
 * followed through the committed journal. Not judged where the plan's view of the position was behind the exchange's, or others traded.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { CommitBatch } from '../../ports/store.ts';
import type { AccountEvent } from '../exchange/delta.ts';
import type { StoredLeg } from './evidence.ts';
import { NOTHING, add, compare, exact, isBelow, multiply, negate, subtract, textOf, total } from './exact.ts';
import type { Exact } from './exact.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

type Funding = Extract<AccountEvent, { type: 'funding' }>;

interface Held {
  long: Exact;
  short: Exact;
}

/** What a journal entry of a wallet's step says, as far as it matters here. */
interface WalletStep {
  readonly fundingId?: string;
  readonly input?: {
    readonly to: string;
    readonly wallet?: string;
    readonly event: {
      readonly type: string;
      readonly fill?: { readonly leg: StoredLeg['leg']; readonly amount: DecimalString };
      readonly amount?: DecimalString;
    };
  };
}

/** Shares are rounded down to 1e-18, the remainder goes to the largest. */
const TOLERANCE = exact('0.000000000001');

export class FundingAudit {
  readonly #events = new Map<string, Funding>();
  #held = new Map<string, Held>();
  readonly #accounts = new Map<string, string>();
  /** Something was taken from or given to a wallet without a trade of ours. */
  #isDisturbed = false;

  heard(event: AccountEvent): void {
    if (event.type === 'funding') this.#events.set(event.id, event);
  }

  /** The store has forgotten commits; these are left. */
  rolledBack(left: readonly CommitBatch[]): void {
    this.#held = new Map();
    this.#isDisturbed = false;
    for (const batch of left) this.committed(batch);
  }

  committed({ entries, orders }: CommitBatch): Finding | null {
    for (const { legs, request } of orders) for (const { wallet } of legs as unknown as readonly StoredLeg[]) this.#accounts.set(wallet, request.account);
    const shares = new Map<string, Map<string, Exact>>();
    let fault: Finding | null = null;
    for (const { payload } of entries) {
      const { input, fundingId } = payload as WalletStep;
      if (input?.wallet === undefined) continue;
      const { type, fill, amount } = input.event;
      if (type === 'position.taken') this.#isDisturbed = true;
      if (type === 'fill.booked' && fill !== undefined) {
        fault ??= this.#judge(shares);
        shares.clear();
        this.#move(input.wallet, fill.leg, exact(fill.amount));
      }
      if (type === 'funding.booked' && fundingId !== undefined && amount !== undefined) shares.set(fundingId, (shares.get(fundingId) ?? new Map<string, Exact>()).set(input.wallet, exact(amount)));
    }
    return fault ?? this.#judge(shares);
  }

  #move(wallet: string, leg: StoredLeg['leg'], amount: Exact): void {
    const held = this.#held.get(wallet) ?? { long: NOTHING, short: NOTHING };
    this.#held.set(wallet, held);
    const change = leg.startsWith('open-') ? amount : negate(amount);
    if (leg.endsWith('-long')) held.long = add(held.long, change);
    else held.short = add(held.short, change);
  }

  #judge(shares: ReadonlyMap<string, ReadonlyMap<string, Exact>>): Finding | null {
    for (const [id, booked] of shares) {
      const event = this.#events.get(id);
      if (event === undefined || this.#isDisturbed) continue;
      const due = new Map([...this.#held].flatMap(([wallet, held]) => (this.#accounts.get(wallet) === event.account ? [[wallet, dueTo(held, event)] as const] : [])));
      if (!isNear(total(due.values()), exact(event.amount))) continue;
      for (const [wallet, amount] of due) {
        const got = booked.get(wallet) ?? NOTHING;
        if (!isNear(got, amount)) return finding('I14', `wallet ${wallet} was given ${textOf(got)} of a funding payment of which ${textOf(amount)} is its share`, { fundingId: id, payment: event.amount, rate: event.rate, markPrice: event.markPrice });
      }
    }
    return null;
  }
}

function dueTo({ long, short }: Held, { positionSide, markPrice, rate }: Funding): Exact {
  const held = positionSide === 'long' ? long : positionSide === 'short' ? negate(short) : subtract(long, short);
  return negate(multiply(multiply(held, exact(markPrice)), exact(rate)));
}

function isNear(a: Exact, b: Exact): boolean {
  const difference = subtract(a, b);
  return compare(difference, TOLERANCE) <= 0 && !isBelow(difference, negate(TOLERANCE));
}
