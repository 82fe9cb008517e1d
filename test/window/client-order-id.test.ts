/** Client order ids (I1, I2): both forms round trip, say what they stand for, fit every exchange, and foreign ids are not ours. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARKET_ROLES } from '../../src/domain/ladder.ts';
import { ROLES } from '../../src/domain/strategy.ts';
import { decodeClientOrderId, encodeClientOrderId, planTag } from '../../src/window/client-order-id.ts';
import type { OrderIdentity } from '../../src/window/client-order-id.ts';

const identities: fc.Arbitrary<OrderIdentity> = fc.record({
  planTag: fc.nat({ max: 2 ** 32 - 1 }),
  wallet: fc.constantFrom('long' as const, 'hedge' as const),
  role: fc.constantFrom(...ROLES, ...MARKET_ROLES),
  leg: fc.constantFrom('open-long' as const, 'close-long' as const, 'open-short' as const, 'close-short' as const),
  isNetted: fc.boolean(),
  level: fc.option(fc.integer({ min: -1_000_000, max: 1_000_000 })),
  cycle: fc.nat({ max: 2 ** 20 - 1 }),
});
const generations = fc.nat({ max: 2 ** 16 - 1 });
const forms = fc.constantFrom('alphanumeric' as const, 'hex128' as const);

/** What the exchanges take: Binance USD-M ^[\.A-Z\:/a-z0-9_-]{1,36}$, Bybit 36, OKX alphanumeric 32, Hyperliquid 128-bit hex. */
const RULES = { alphanumeric: /^[a-z0-9]{1,32}$/, hex128: /^0x[0-9a-f]{32}$/ };

describe('a client order id', () => {
  it('says what it was made for, in both forms', () => {
    fc.assert(
      fc.property(identities, generations, forms, (identity, generation, form) => {
        expect(decodeClientOrderId(encodeClientOrderId(identity, generation, form))).toEqual({ ...identity, generation });
      }),
    );
  });

  it('is one that every exchange takes', () => {
    fc.assert(
      fc.property(identities, generations, forms, (identity, generation, form) => {
        expect(encodeClientOrderId(identity, generation, form)).toMatch(RULES[form]);
      }),
    );
  });

  it('is the same for the same intent and another for every other', () => {
    const pair = fc.tuple(fc.record({ identity: identities, generation: generations }), fc.record({ identity: identities, generation: generations }));
    fc.assert(
      fc.property(pair, forms, ([a, b], form) => {
        const isSame = JSON.stringify(a) === JSON.stringify(b);
        expect(encodeClientOrderId(a.identity, a.generation, form) === encodeClientOrderId(b.identity, b.generation, form)).toBe(isSame);
        expect(encodeClientOrderId({ ...a.identity }, a.generation, form)).toBe(encodeClientOrderId(a.identity, a.generation, form));
      }),
    );
  });

  it('changes with every single part', () => {
    const change: fc.Arbitrary<Partial<OrderIdentity>> = fc.oneof(
      identities.map(({ level }) => ({ level })),
      identities.map(({ cycle }) => ({ cycle })),
      identities.map(({ role }) => ({ role })),
      identities.map(({ leg }) => ({ leg })),
      identities.map(({ wallet }) => ({ wallet })),
      identities.map(({ isNetted }) => ({ isNetted })),
    );
    fc.assert(
      fc.property(identities, generations, change, forms, (identity, generation, part, form) => {
        const other = { ...identity, ...part };
        fc.pre(JSON.stringify(other) !== JSON.stringify(identity));
        expect(encodeClientOrderId(other, generation, form)).not.toBe(encodeClientOrderId(identity, generation, form));
      }),
    );
  });

  it('is refused when a part does not fit: nothing is cut off in silence', () => {
    const identity: OrderIdentity = { planTag: 1, wallet: 'long', role: 'cover', leg: 'close-short', isNetted: false, level: 0, cycle: 0 };
    expect(() => encodeClientOrderId(identity, 2 ** 16, 'hex128')).toThrow(/I2/);
    expect(() => encodeClientOrderId({ ...identity, cycle: 2 ** 20 }, 0, 'hex128')).toThrow(/I2/);
    expect(() => encodeClientOrderId({ ...identity, level: 2 ** 23 }, 0, 'hex128')).toThrow(/I2/);
  });
});

describe('ids that are not ours', () => {
  it('are told from ours, whatever they are', () => {
    const foreign = fc.oneof(fc.string(), fc.uuid(), fc.stringMatching(/^[A-Za-z0-9_-]{1,36}$/), fc.stringMatching(/^0x[0-9a-f]{32}$/), fc.stringMatching(/^hr[0-9a-z]{25}$/));
    fc.assert(
      fc.property(foreign, (id) => {
        const ours = decodeClientOrderId(id);
        // A foreign id that carries our magic, version and checksum by chance would be ours in every respect.
        if (ours !== null) expect(encodeClientOrderId(ours, ours.generation, id.startsWith('0x') ? 'hex128' : 'alphanumeric')).toBe(id);
      }),
      { numRuns: 2_000 },
    );
  });

  it('one changed character makes an id of ours foreign, but for the one in a thousand that a checksum of ten bits lets pass', () => {
    let accepted = 0;
    let tried = 0;
    fc.assert(
      fc.property(identities, generations, fc.nat({ max: 24 }), fc.nat({ max: 35 }), (identity, generation, at, digit) => {
        const id = encodeClientOrderId(identity, generation, 'alphanumeric');
        const changed = id.slice(0, at + 2) + digit.toString(36) + id.slice(at + 3);
        fc.pre(changed !== id);
        tried += 1;
        if (decodeClientOrderId(changed) !== null) accepted += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(accepted / tried).toBeLessThan(0.02);
  });

  it.each(['', 'hr', 'web_abc', 'x-TBzTen1X', 'HR0000000000000000000000000', '0x', `0x${'0'.repeat(32)}`, `hr${'z'.repeat(25)}`, 'ios_1234'])('%j', (id) => {
    expect(decodeClientOrderId(id)).toBeNull();
  });
});

describe('a plan tag', () => {
  it('differs between venues, names and starts', () => {
    const tags = [planTag('bybit main', 'btc', 1), planTag('bybit main', 'btc', 2), planTag('bybit main', 'eth', 1), planTag('okx main', 'btc', 1)];
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags.every((tag) => Number.isInteger(tag) && tag >= 0 && tag < 2 ** 32)).toBe(true);
    expect(planTag('bybit main', 'btc', 1)).toBe(tags[0]);
  });
});
