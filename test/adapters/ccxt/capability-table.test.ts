/** What the adapters publish is what the README shows, what `check` holds strategy files against, and what it warns by. `UPDATE_README=1` rewrites the table. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../../src/adapters/ccxt/dialects.ts';
import { EXCHANGE_RULES } from '../../../src/domain/exchange-rules.ts';
import { CONDITIONAL_CAPS } from '../../../src/engine/plan-warnings.ts';
import { capabilityTable, tradedExchanges } from './capability-table.ts';

const README = new URL('../../../README.md', import.meta.url);
const START = '<!-- capabilities -->';
const END = '<!-- /capabilities -->';

function withTable(text: string): string {
  const from = text.indexOf(START);
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0) throw new Error(`README.md has no ${START} … ${END}; put the two markers where the table belongs`);
  return `${text.slice(0, from + START.length)}\n${capabilityTable()}\n${text.slice(to)}`;
}

it('the README shows what the adapters publish', () => {
  if (process.env['UPDATE_README'] === '1') writeFileSync(README, withTable(readFileSync(README, 'utf8')));
  const text = readFileSync(README, 'utf8');
  expect(text, 'run UPDATE_README=1 npx vitest run --config test/vitest.config.ts test/adapters/ccxt/capability-table').toBe(withTable(text));
});

describe.each(tradedExchanges())('%s', (id) => {
  const { capabilities } = dialectOf(id);

  it('has the position modes and trigger sources that check holds files against', () => {
    const { positionModes, triggerSources } = EXCHANGE_RULES[id];
    expect(capabilities).toMatchObject({ exchangeId: id, positionModes, triggerSources });
  });

  it('has the cap on conditional orders that check warns by', () => {
    const { maxConditionalPerSymbol, maxConditionalPerAccount = null } = capabilities;
    const cap = maxConditionalPerSymbol !== null ? { count: maxConditionalPerSymbol, per: 'symbol' } : maxConditionalPerAccount !== null ? { count: maxConditionalPerAccount, per: 'account' } : undefined;
    expect(CONDITIONAL_CAPS[id]).toEqual(cap);
  });

  it('loses requests and events within a stated time', () => {
    expect(capabilities.requestDeadlineMs).toBeGreaterThan(0);
    expect(capabilities).toMatchObject({ hasLosslessEvents: false, readLagMs: expect.any(Number) });
  });
});
