/** The identities of the ledger (I14, DOMAIN §5), exactly, after every event of random lives, against sums kept beside the plan. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { D, ZERO, dec, plain } from '../../src/domain/decimal.ts';
import { balanceOf, bookTrade, equityOf, openLedger, unrealisedOf } from '../../src/domain/ledger.ts';
import { longOf, positionOf, rungsOut, shortOf } from '../../src/domain/wallet.ts';
import type { WalletFacts } from '../../src/domain/wallet.ts';
import { factsOf, phaseOf } from '../../src/engine/step.ts';
import { Life, instructions, strategies } from '../engine/random-life.ts';

/** Sums over the fills of one wallet, as the exchange would keep them. */
function sumsOf(life: Life, wallet: string): { long: D; short: D; balance: D } {
  let [long, short, balance] = [ZERO, ZERO, ZERO];
  for (const { wallet: name, fill } of life.fills) {
    if (name !== wallet) continue;
    const value = dec(fill.price).times(fill.amount);
    balance = balance.minus(fill.fee);
    switch (fill.leg) {
      case 'open-long':
        long = long.plus(fill.amount);
        balance = balance.minus(value);
        break;
      case 'close-long':
        long = long.minus(fill.amount);
        balance = balance.plus(value);
        break;
      case 'open-short':
        short = short.plus(fill.amount);
        balance = balance.plus(value);
        break;
      case 'close-short':
        short = short.minus(fill.amount);
        balance = balance.minus(value);
        break;
    }
  }
  return { long, short, balance };
}

function expectPhaseAgrees(phase: string, facts: WalletFacts): void {
  const k = rungsOut(facts);
  const count = facts.rungs.length;
  const agrees = {
    ADVANCE: k === 0 && !facts.hasTraded,
    RETRACEMENT: facts.hasTraded && k < count,
    DECLINE: k === count && count > 0,
    RECOVERY: facts.hasTraded && k < count,
    RESET: facts.resetDue !== null,
  }[phase];
  expect(agrees, `k = ${k} of ${count} in ${phase}`).toBe(true);
}

function expectIdentities(life: Life): void {
  const mark = dec(life.price);
  for (const wallet of life.state.wallets) {
    const facts = factsOf(wallet);
    const { ledger } = facts;
    const sums = sumsOf(life, wallet.name);
    const funding = dec(life.funding.get(wallet.name) ?? '0');
    expect([plain(longOf(facts)), plain(shortOf(facts))]).toEqual([plain(sums.long), plain(sums.short)]);
    const held = facts.rungs.reduce((total, rung) => total.plus(rung.long).minus(rung.short), dec(facts.coreLong).minus(facts.strayShort));
    expect(plain(held)).toBe(plain(positionOf(facts)));
    expect(plain(balanceOf(ledger))).toBe(plain(dec(ledger.capital).plus(sums.balance).plus(funding)));
    const equity = equityOf(ledger, positionOf(facts), mark);
    const unrealised = longOf(facts).times(mark).minus(ledger.longCost).plus(ledger.shortCost).minus(shortOf(facts).times(mark));
    expect(plain(equity)).toBe(plain(dec(ledger.capital).plus(ledger.realised).plus(unrealised).minus(ledger.fees).plus(ledger.funding)));
    expect(plain(unrealisedOf(ledger, positionOf(facts), mark))).toBe(plain(unrealised));
    expectPhaseAgrees(phaseOf(wallet), facts);
  }
}

describe('the ledger', () => {
  it('keeps equity = capital + realised + unrealised − fees + funding, positions and phases after every event', () => {
    fc.assert(
      fc.property(strategies, instructions, (strategy, list) => {
        const life = new Life(strategy, expectIdentities);
        for (const instruction of list) life.follow(instruction);
        life.settle();
      }),
      { numRuns: 60 },
    );
  });

  it('has no cost left when nothing is held, whatever it was bought and sold for in parts', () => {
    const trade = fc.record({ price: fc.integer({ min: 1, max: 10 ** 7 }), amount: fc.integer({ min: 1, max: 10 ** 6 }) });
    fc.assert(
      fc.property(fc.constantFrom('long' as const, 'short' as const), fc.array(trade, { minLength: 1, maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 10 ** 6 }), { maxLength: 12 }), (side, opens, closes) => {
        const cents = (value: number): D => new D(value).div(100);
        let ledger = openLedger('1000');
        let held = ZERO;
        const book = (leg: 'open' | 'close', price: D, amount: D): void => {
          ledger = bookTrade(ledger, { leg: `${leg}-${side}`, price, amount, fee: ZERO, heldBefore: held });
          held = leg === 'open' ? held.plus(amount) : held.minus(amount);
        };
        for (const { price, amount } of opens) book('open', cents(price), cents(amount));
        for (const amount of closes) if (held.greaterThan(cents(amount))) book('close', cents(12_345), cents(amount));
        book('close', cents(777), held);
        expect([ledger.longCost, ledger.shortCost]).toEqual(['0', '0']);
        expect(plain(balanceOf(ledger))).toBe(plain(dec('1000').plus(ledger.realised)));
      }),
    );
  });
});
