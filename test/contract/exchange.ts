/**
 * What every implementation of the Exchange port does, told as tests: in process, and over the wire of a real exchange's protocol. Run it
 * over each of them. A test waits for what it expects, at most the harness's patience. Covers I2, I3, I4, I7, I9, I13, I15, I18.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PositionMode } from '../../src/domain/strategy.ts';
import type { ExchangeCapabilities, RefusalCode } from '../../src/ports/exchange.ts';
import { Desk } from './exchange-desk.ts';
import type { ExchangeHarness } from './exchange-desk.ts';
import { eventTests } from './exchange-events.ts';
import { faultTests } from './exchange-faults.ts';
import { orderTests } from './exchange-orders.ts';
import { readTests } from './exchange-reads.ts';
import { refusalTests } from './exchange-refusals.ts';
import { triggerTests } from './exchange-triggers.ts';

/** What an exchange's protocol cannot tell; each with the reason. */
export type Topic = 'transfers' | 'liquidations' | 'deleveraging' | 'candles' | 'post-only' | 'memory of closed ids';

export interface ExchangeUnderTest {
  readonly capabilities: ExchangeCapabilities;
  readonly start: (positionMode: PositionMode) => Promise<ExchangeHarness>;
  /** Its harness can break the line. Default: no. */
  readonly hasLine?: boolean;
  readonly lacks?: Partial<Record<Topic, string>>;
  /** Where this exchange has one word for several reasons: what is told instead. Null: it cannot be provoked here. */
  readonly refusals?: Partial<Record<RefusalCode, RefusalCode | null>>;
}

/** One position mode of one implementation, as the parts of the suite see it. `desk` is asked in every test: it is made before the first. */
export interface Subject {
  readonly mode: PositionMode;
  readonly capabilities: ExchangeCapabilities;
  readonly desk: () => Desk;
  readonly lacks: (topic: Topic) => boolean;
  readonly refusals: Partial<Record<RefusalCode, RefusalCode | null>>;
}

/** Declares the suite for each position mode the exchange has. */
export function exchangeContract(name: string, { capabilities, start, hasLine = false, lacks = {}, refusals = {} }: ExchangeUnderTest): void {
  const modes = capabilities.positionModes ?? (['hedge', 'one-way'] as const);
  describe.each(modes)(`${name}, %s mode`, (mode) => {
    let desk: Desk;
    const subject: Subject = { mode, capabilities, desk: () => desk, lacks: (topic) => lacks[topic] !== undefined, refusals };

    beforeAll(async () => {
      desk = new Desk(await start(mode), mode);
    });
    beforeEach(() => desk.reset());
    afterEach(() => desk.readsTheTruth());
    afterAll(() => desk?.end());

    test('it has the capabilities it publishes', () => {
      expect(desk.exchange.capabilities).toMatchObject(capabilities);
    });

    orderTests(subject);
    triggerTests(subject);
    refusalTests(subject);
    readTests(subject);
    eventTests(subject);
    // A line knows nothing of position modes.
    if (hasLine && mode === modes[0]) faultTests(subject);
  });
}
