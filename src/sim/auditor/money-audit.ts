/**
 * Positions and money of a plan against what the exchange did: I4 (each trade booked once, Σ booked = executed), I5 (Σ wallets = the
 * exchange's position), I14 (the ledger identities of DOMAIN §5, exactly, with a ledger rebuilt from trades and account events).
 */
import type { AuditedPlan, AuditedWallet } from './audited-plan.ts';
import { NOTHING, add, compare, exact, isBelow, multiply, negate, subtract, textOf, total } from './exact.ts';
import type { Exact } from './exact.ts';
import type { Evidence } from './evidence.ts';
import { finding } from './violation.ts';
import type { Finding } from './violation.ts';

/** Only when nothing is under way: every answer and event has been heard. */
export function auditBooking(plan: AuditedPlan, evidence: Evidence): Finding | null {
  const accounts = accountsOf(plan);
  for (const trade of evidence.unbooked.values()) {
    if (trade.symbol !== plan.symbol || !accounts.has(trade.account)) continue;
    return finding('I4', 'a trade of ours was never booked', { plan: plan.name, trade: trade.id, clientOrderId: trade.clientOrderId, amount: trade.amount, price: trade.price });
  }
  return null;
}

export function auditMoney(plan: AuditedPlan, evidence: Evidence): Finding | null {
  for (const wallet of plan.wallets) {
    const fault = walletFault(plan, wallet);
    if (fault !== null) return fault;
  }
  for (const account of accountsOf(plan)) {
    const isMoneyOurs = !plan.isAdopted && !evidence.foreignSymbols.has(`${account}|${plan.symbol}`);
    const fault = positionFault(plan, account, evidence) ?? (isMoneyOurs ? (cashFault(plan, account, evidence) ?? equityFault(plan, account, evidence)) : null);
    if (fault !== null) return fault;
  }
  return null;
}

export function accountsOf(plan: AuditedPlan): ReadonlySet<string> {
  return new Set(plan.wallets.map((wallet) => wallet.account));
}

/** I14 within a wallet: sum of rung amounts = position, nothing negative, phase and k agree, cash flow = realised and cost. */
function walletFault(plan: AuditedPlan, wallet: AuditedWallet): Finding | null {
  const facts = { plan: plan.name, wallet: wallet.name, cycle: wallet.cycle, phase: wallet.phase };
  const long = add(exact(wallet.coreLong), total(wallet.rungs.map((rung) => exact(rung.long))));
  const short = add(exact(wallet.strayShort), total(wallet.rungs.map((rung) => exact(rung.short))));
  if (compare(long, exact(wallet.long)) !== 0 || compare(short, exact(wallet.short)) !== 0) {
    return finding('I14', 'the rungs do not add up to the position', { ...facts, long: wallet.long, short: wallet.short, rungs: wallet.rungs });
  }
  const amounts = [wallet.coreLong, wallet.strayShort, ...wallet.rungs.flatMap((rung) => [rung.long, rung.short])];
  if (amounts.some((amount) => isBelow(exact(amount), NOTHING))) return finding('I7', 'a wallet closed more than it held', { ...facts, coreLong: wallet.coreLong, strayShort: wallet.strayShort, rungs: wallet.rungs });
  const phase = phaseFault(wallet);
  if (phase !== null) return finding('I14', phase, { ...facts, hasTraded: wallet.hasTraded, rungs: wallet.rungs });
  const { ledger } = wallet;
  const flow = subtract(exact(ledger.sold), exact(ledger.bought));
  const split = add(subtract(exact(ledger.realised), exact(ledger.longCost)), exact(ledger.shortCost));
  if (compare(flow, split) !== 0) return finding('I14', 'cash flow is not realised profit plus the cost of what is held', { ...facts, ledger });
  return null;
}

function phaseFault({ phase, rungs, hasTraded, isOpened }: AuditedWallet): string | null {
  const out = rungs.filter((rung) => rung.isOut).length;
  switch (phase) {
    case 'ADVANCE':
      return !isOpened || out > 0 || hasTraded ? 'in ADVANCE nothing has been traded' : null;
    case 'DECLINE':
      return out !== rungs.length ? 'in DECLINE every rung is out' : null;
    case 'RETRACEMENT':
    case 'RECOVERY':
      return out === rungs.length ? `in ${phase} some rung is in` : null;
    default:
      return null;
  }
}

/** Shares of the plan on one account. */
function walletsOn(plan: AuditedPlan, account: string): readonly AuditedWallet[] {
  return plan.wallets.filter((wallet) => wallet.account === account);
}

function positionFault(plan: AuditedPlan, account: string, evidence: Evidence): Finding | null {
  const wallets = walletsOn(plan, account);
  const long = total(wallets.map((wallet) => exact(wallet.long)));
  const short = total(wallets.map((wallet) => exact(wallet.short)));
  const expected: readonly (readonly [string, Exact])[] =
    plan.positionMode === 'hedge'
      ? [
          ['long', long],
          ['short', negate(short)],
        ]
      : [['both', subtract(long, short)]];
  for (const [side, ours] of expected) {
    const amount = add(ours, externalOn(plan, account, side));
    const actual = evidence.truePositions.get(`${account}|${plan.symbol}|${side}`) ?? NOTHING;
    const traded = evidence.flow(account, plan.symbol).positions.get(side) ?? NOTHING;
    if (compare(actual, amount) === 0 && compare(traded, amount) === 0) continue;
    return finding('I5', `the wallets hold ${textOf(amount)} ${side} together, the exchange ${textOf(actual)}`, { plan: plan.name, account, side, wallets: textOf(amount), exchange: textOf(actual), trades: textOf(traded) });
  }
  return null;
}

function externalOn({ external }: AuditedPlan, account: string, side: string): Exact {
  const amounts = external.filter((each) => each.account === account && each.positionSide === side).map(({ amount }) => exact(amount));
  return side === 'short' ? negate(total(amounts)) : total(amounts);
}

function cashOf({ ledger }: AuditedWallet): Exact {
  return add(subtract(subtract(exact(ledger.sold), exact(ledger.bought)), exact(ledger.fees)), exact(ledger.funding));
}

function cashFault(plan: AuditedPlan, account: string, evidence: Evidence): Finding | null {
  const booked = total(walletsOn(plan, account).map(cashOf));
  const actual = evidence.flow(account, plan.symbol).cash;
  if (compare(booked, actual) === 0) return null;
  return finding('I14', `the wallets' cash flow is ${textOf(booked)}, the exchange's ${textOf(actual)}`, { plan: plan.name, account, wallets: textOf(booked), exchange: textOf(actual) });
}

function equityFault(plan: AuditedPlan, account: string, evidence: Evidence): Finding | null {
  const wallets = walletsOn(plan, account);
  const flow = evidence.flow(account, plan.symbol);
  const held = total(flow.positions.values());
  const capital = total(wallets.map((wallet) => exact(wallet.ledger.capital)));
  const actual = total([capital, flow.cash, multiply(held, exact(plan.mark))]);
  const shown = total(wallets.map((wallet) => exact(wallet.equity)));
  if (compare(shown, actual) === 0) return null;
  return finding('I14', `the wallets' equity is ${textOf(shown)}, by the exchange's trades ${textOf(actual)}`, { plan: plan.name, account, mark: plan.mark, wallets: textOf(shown), exchange: textOf(actual) });
}
