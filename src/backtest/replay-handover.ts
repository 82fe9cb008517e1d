/** A replay as the live engine takes it over, and back: whole numbers to the facts of the machines and the other way round. */
import { dec, plain } from '../domain/decimal.ts';
import type { D, DecimalString } from '../domain/decimal.ts';
import type { Ledger } from '../domain/ledger.ts';
import type { WalletFacts } from '../domain/wallet.ts';
import { factsOf, walletIn } from '../engine/step.ts';
import type { WalletState } from '../engine/step.ts';
import { accountsOf } from './handover.ts';
import type { Handover } from './handover.ts';
import type { Replay } from './replay.ts';
import type { ReplayWallet } from './replay-wallet.ts';
import type { TapePosition } from './tape.ts';
import { scaled } from './whole-numbers.ts';

/** `ledgers`: of the wallets, exactly, as of `position`. */
export function handOver(replay: Replay, ledgers: readonly Ledger[], position: TapePosition): Handover {
  const { strategy, tape, atrAt } = replay.input;
  const at = tape.timeOf(position);
  const atr = atrAt === null ? null : atrAt(at);
  const wallets = replay.wallets.map((wallet, index) => walletIn(wallet.node.phase, factsAt(wallet, ledgers[index] as Ledger, tape.text(position.price), atr)));
  const plan = { plan: replay.plan.snapshot, wallets, seen: null };
  return { plan, risk: replay.watch.memory(position.price, at), accounts: accountsOf(strategy, plan), position };
}

function factsAt(wallet: ReplayWallet, ledger: Ledger, price: DecimalString, atr: DecimalString | null): WalletFacts {
  const { market, node, unit } = wallet;
  const lots = (count: number | undefined): DecimalString => plain(market.lot.times(count ?? 0));
  return {
    parameters: wallet.parameters,
    cycle: wallet.cycle,
    isOpened: true,
    price,
    atr,
    anchor: wallet.priceText(wallet.anchor),
    unitSize: wallet.priceText(wallet.unitSize),
    notional: plain(market.valueUnit.times(wallet.notional)),
    unit,
    peakUnit: wallet.peakUnit,
    valleyUnit: wallet.valleyUnit,
    top: unit + node.top,
    rungs: node.isOut.map((out, rung) => ({ out, fragment: lots(wallet.fragments[rung]), long: lots(wallet.rungLong[rung]), short: lots(wallet.rungShort[rung]), closeDone: false, openDone: false })),
    coreLong: lots(wallet.core),
    longClosedAt: node.isLongClosed ? wallet.longClosedAt : null,
    strayShort: '0',
    hasTraded: node.hasTraded,
    entriesAllowed: true,
    resetDue: null,
    resetPrice: wallet.priceText(wallet.anchor),
    resetOrder: null,
    ledger,
  };
}

/** True when the replay goes on from there; it is of no use otherwise until it is handed something else. */
export function takeOver(replay: Replay, { plan, risk, position }: Handover): boolean {
  for (const [index, state] of plan.wallets.entries()) if (!readWallet(replay.wallets[index] as ReplayWallet, state)) return false;
  replay.plan = replay.plans.nodeOfPlan(plan);
  if (risk !== null) replay.watch.takeMemory(risk);
  return replay.goOn(position);
}

function readWallet(wallet: ReplayWallet, state: WalletState): boolean {
  const facts = factsOf(state);
  const node = wallet.ladder.nodeOfWallet(state);
  if (node === null) return false;
  const { market } = wallet;
  const lots = (amount: DecimalString | D): number => dec(amount).div(market.lot).toNumber();
  wallet.node = node;
  wallet.unit = facts.unit;
  wallet.cycle = facts.cycle;
  wallet.setGrid(scaled(facts.anchor, market.priceDecimals), scaled(facts.unitSize, market.priceDecimals));
  wallet.notional = dec(facts.notional).div(market.valueUnit).toNumber();
  wallet.peakUnit = facts.peakUnit;
  wallet.valleyUnit = facts.valleyUnit;
  wallet.longClosedAt = facts.longClosedAt ?? 0;
  wallet.core = lots(facts.coreLong);
  wallet.long = wallet.core;
  wallet.short = 0;
  facts.rungs.forEach((rung, index) => {
    wallet.fragments[index] = lots(rung.fragment);
    wallet.rungLong[index] = lots(rung.long);
    wallet.rungShort[index] = lots(rung.short);
    wallet.long += lots(rung.long);
    wallet.short += lots(rung.short);
  });
  wallet.rebase(facts.ledger);
  // Amounts that are no whole lots, or too many of them, are left to decimals.
  return wallet.hasRoom() && [wallet.core, wallet.notional, ...wallet.fragments, ...wallet.rungLong, ...wallet.rungShort].every((value) => Number.isSafeInteger(value));
}
