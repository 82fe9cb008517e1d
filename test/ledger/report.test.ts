/** `hedgerow report` says what the machines hold, to the last digit, also after a sudden death; its files and its refusals. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/adapters/postgres/open-store.ts';
import { LEDGER_TABLES } from '../../src/adapters/postgres/ledger/ledger-tables.ts';
import { knownPlans, readReports } from '../../src/adapters/postgres/ledger/ledger-report.ts';
import type { PlanReport } from '../../src/adapters/postgres/ledger/ledger-report.ts';
import type { LedgerStore } from '../../src/adapters/postgres/ledger/open-ledger.ts';
import { csvLine } from '../../src/cli/csv-line.ts';
import { writeCsvFiles } from '../../src/cli/report/csv-files.ts';
import { sinceOf } from '../../src/cli/report/period.ts';
import { reportText } from '../../src/cli/report/report-text.ts';
import { styleFor } from '../../src/cli/style.ts';
import { D, dec, plain } from '../../src/domain/decimal.ts';
import { equityOf, unrealisedOf } from '../../src/domain/ledger.ts';
import { longOf, positionOf, shortOf } from '../../src/domain/wallet.ts';
import type { PlanRunner } from '../../src/engine/plan-runner.ts';
import { factsOf, operationOf, phaseOf, planPhaseOf } from '../../src/engine/step.ts';
import { hedgerow } from '../cli/hedgerow-process.ts';
import { exampleStrategies, runInto } from './ledger-run.ts';
import { PLACES, type Place } from './places.ts';

const PLAIN = styleFor({ isTTY: false }, {});
const DAYS = 4;
/** A price a minute. */
const MIDDLE = (DAYS * 1_440) / 2;

/** What a report must say of the plan of a runner. */
function expected({ strategy, state }: PlanRunner) {
  const wallets = state!.wallets.map((wallet) => {
    const facts = factsOf(wallet);
    const { ledger } = facts;
    const position = positionOf(facts);
    const price = dec(facts.price);
    return {
      wallet: wallet.name,
      phase: phaseOf(wallet),
      unit: facts.unit,
      entryPrice: facts.anchor,
      long: plain(longOf(facts)),
      short: plain(shortOf(facts)),
      resets: facts.cycle,
      capital: ledger.capital,
      equity: plain(equityOf(ledger, position, price)),
      unrealised: plain(unrealisedOf(ledger, position, price)),
      profit: plain(equityOf(ledger, position, price).minus(ledger.capital)),
      realised: ledger.realised,
      fees: ledger.fees,
      funding: ledger.funding,
      turnover: plain(dec(ledger.bought).plus(ledger.sold)),
    };
  });
  return {
    plan: strategy.name,
    operation: operationOf(state!),
    phase: planPhaseOf(state!),
    equity: total(wallets, 'equity'),
    realised: total(wallets, 'realised'),
    unrealised: total(wallets, 'unrealised'),
    fees: total(wallets, 'fees'),
    funding: total(wallets, 'funding'),
    turnover: total(wallets, 'turnover'),
    wallets: [...wallets].sort((a, b) => b.wallet.localeCompare(a.wallet)),
  };
}

function total<Key extends string>(rows: readonly Readonly<Record<Key, string>>[], key: Key): string {
  return plain(rows.reduce((sum, row) => sum.plus(row[key]), new D(0)));
}

describe.each(PLACES)('report on %s', (name, makePlace) => {
  let place: Place;
  let ledger: LedgerStore;
  let reports: readonly PlanReport[];
  let runners: readonly PlanRunner[];

  beforeAll(async () => {
    place = await makePlace();
    const run = { strategies: await exampleStrategies(), choice: { days: DAYS }, bookDir: place.folder };
    const dead = await runInto(place.location, { ...run, diesAfter: MIDDLE });
    await compare(dead);
    runners = await runInto(place.location, run);
    ledger = await place.open();
    reports = await reportsSince(null);
  }, 240_000);

  afterAll(async () => {
    await ledger?.close();
    await place?.end();
  });

  async function compare(held: readonly PlanRunner[]): Promise<void> {
    ledger = await place.open();
    reports = await reportsSince(null);
    await ledger.close();
    expect(reports).toMatchObject(held.map(expected));
  }

  function reportsSince(since: number | null): Promise<readonly PlanReport[]> {
    return ledger.read(async (sql) => readReports(sql, (await knownPlans(sql)).map(({ planId }) => planId), since));
  }

  test('says what the machines hold, to the last digit, also after it was killed in the middle', () => {
    expect(reports).toMatchObject(runners.map(expected));
  });

  test('its parts add up: cycles to wallets, roles to wallets, wallets to plans', () => {
    for (const plan of reports) {
      expect(plan.profit).toBe(total(plan.wallets, 'profit'));
      expect(plan.net).toBe(total(plan.wallets, 'net'));
      expect(plan.requests.every(({ sent, done, refused, unknown, pending }) => sent === done + refused + unknown + pending)).toBe(true);
      for (const wallet of plan.wallets) {
        for (const key of ['profit', 'realised', 'fees', 'funding', 'turnover'] as const) expect(total(wallet.cycles, key)).toBe(wallet[key]);
        expect(total(wallet.roles, 'turnover')).toBe(wallet.turnover);
        expect(wallet.roles.reduce((sum, { fills }) => sum + fills, 0)).toBe(wallet.fills);
        expect(wallet.winRate).toBe(wallet.resets === 0 ? null : Math.round((wallet.wonCycles / wallet.resets) * 10_000) / 10_000);
        for (const { orders } of wallet.roles) expect(orders.placed).toBe(orders.filled + orders.partlyFilled + orders.cancelled + orders.refused + orders.working);
        expect(wallet.phases.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 3);
      }
    }
  });

  test('a period has what happened in it: two halves make the whole, phases and cycles are cut', async () => {
    const middle = 1_735_689_600_000 + MIDDLE * 60_000;
    const later = await reportsSince(middle);
    const fills = (await ledger.read((sql) => sql.query('select count(*)::integer as fills, coalesce(sum(fee), 0)::text as fees from hedgerow.fills where at < to_timestamp($1::float8 / 1000)', [middle])))[0]!;
    expect(later.reduce((sum, plan) => sum + plan.fills, Number(fills['fills']))).toBe(reports.reduce((sum, plan) => sum + plan.fills, 0));
    expect(plain(dec(total(later, 'fees')).plus(String(fills['fees'])))).toBe(total(reports, 'fees'));
    for (const [index, plan] of later.entries()) {
      expect(plan.equity).toBe(reports[index]!.equity);
      for (const wallet of plan.wallets) {
        const seconds = wallet.phases.reduce((sum, phase) => sum + phase.seconds, 0);
        expect(seconds).toBeCloseTo((Date.parse(plan.asOf) - middle) / 1_000, 3);
        expect(wallet.cycles.every(({ endedAt }) => endedAt === null || Date.parse(endedAt) >= middle)).toBe(true);
        expect(wallet.cycles.length).toBeGreaterThan(0);
      }
    }
  });

  test('the tables for people fit a terminal and name every wallet, role and plan', () => {
    const text = reportText(reports, null, 'here', PLAIN);
    for (const { plan, wallets } of reports) {
      expect(text).toContain(`\n${plan}  `);
      for (const { wallet, roles } of wallets) for (const { role } of roles) expect(text).toMatch(new RegExp(`${wallet}[\\s\\S]*${role}`));
    }
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(150);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\+-|-0\.00\b/);
  });

  test('files hold the same rows as the views, every digit, and read back', async () => {
    const folder = join(place.folder, 'csv', 'new');
    const planIds = reports.map(({ planId }) => planId);
    const rows = await ledger.read((sql) => writeCsvFiles(sql, folder, planIds, null));
    expect(readdirSync(folder).sort()).toEqual(LEDGER_TABLES.map(({ view }) => `${view.replaceAll('_', '-')}.csv`).sort());
    const fills = parseCsv(readFileSync(join(folder, 'fills.csv'), 'utf8'));
    expect(fills.length).toBe(reports.reduce((sum, plan) => sum + plan.fills, 0));
    expect(total(fills as { fee: string }[], 'fee')).toBe(total(reports, 'fees'));
    expect(fills[0]!['at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const wallets = parseCsv(readFileSync(join(folder, 'wallet-positions.csv'), 'utf8'));
    expect(wallets.map(({ equity }) => equity).sort()).toEqual(reports.flatMap((plan) => plan.wallets.map(({ equity }) => equity)).sort());
    const requests = parseCsv(readFileSync(join(folder, 'requests.csv'), 'utf8'));
    expect(JSON.parse(requests[0]!['request']!)).toMatchObject({ symbol: expect.any(String) as string });
    const files = readdirSync(folder).map((file) => parseCsv(readFileSync(join(folder, file), 'utf8')).length);
    expect(files.reduce((sum, count) => sum + count, 0)).toBe(rows);
    const refused: unknown = await ledger.read((sql) => writeCsvFiles(sql, join(folder, 'fills.csv'), planIds, null)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringContaining('--csv') as string });
  });

  test('what is compacted away is not missed: results, cycles and phases stay, only old requests and unfilled orders go', async () => {
    await ledger.close();
    const store = await openStore(place.location);
    const deleted = await Promise.all(reports.map(({ planId, asOf }) => store.compact(planId, Date.parse(asOf))));
    await store.close();
    for (const { entries, intents } of deleted) expect([entries > 10, intents > 10]).toEqual([true, true]);
    ledger = await place.open();
    const after = await reportsSince(null);
    const ledgerOf = (plans: readonly PlanReport[]) =>
      plans.map(({ requests: _, wallets, ...plan }) => ({ ...plan, wallets: wallets.map(({ roles, ...wallet }) => ({ ...wallet, roles: roles.map(({ role, realised, fees, fills }) => ({ role, realised, fees, fills })) })) }));
    expect(ledgerOf(after)).toEqual(ledgerOf(reports));
    reports = after;
  });

  test('the command prints the same as JSON, and refuses what is not there', async () => {
    await ledger.close();
    // On a server a bot may go on meanwhile.
    const bot = name === 'PostgreSQL' ? await openStore(place.location) : null;
    const env = 'databaseUrl' in place.location ? { DATABASE_URL: place.location.databaseUrl } : { DATABASE_URL: '' };
    const all = await hedgerow(['report', '--data', place.folder, '--json'], { env });
    expect(all.stderr).toBe('');
    expect(JSON.parse(all.stdout)).toMatchObject({ since: null, plans: JSON.parse(JSON.stringify(reports)) as unknown });
    const one = await hedgerow(['report', 'strategies/btc-rotation.yaml', '--since', '1d', '--data', place.folder, '--json'], { env });
    const document = JSON.parse(one.stdout) as { since: string; plans: { plan: string; asOf: string }[] };
    expect(document.plans.map(({ plan }) => plan)).toEqual(['btc-rotation']);
    expect(Date.parse(document.plans[0]!.asOf) - Date.parse(document.since)).toBe(86_400_000);
    const unknown = await hedgerow(['report', '--plan', 'btc-rotatoin', '--data', place.folder], { env });
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/btc-rotatoin.*there are .*did you mean .*btc-rotation.*INPUT_INVALID/) as string });
    await bot?.close();
    ledger = await place.open();
    if (name !== 'PGlite') return;
    const locked = await hedgerow(['report', '--data', place.folder], { env });
    expect(locked).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/in use by the bot running as process \d+.*DATABASE_URL.*\[STORE_LOCKED\]/) as string });
  }, 120_000);
});

test('a folder without a store is told, not made', async () => {
  const outcome = await hedgerow(['report', '--data', 'nothing-was-ever-here'], { env: { DATABASE_URL: '' } });
  expect(outcome).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/no store in "nothing-was-ever-here".*INPUT_INVALID/) as string });
  expect(readdirSync('.').includes('nothing-was-ever-here')).toBe(false);
});

test.each([
  [['a', '1.50', null, ''], 'a,1.50,,""\r\n'],
  [['a,b', 'say "no"', 'two\nlines', ' blank '], '"a,b","say ""no""","two\nlines"," blank "\r\n'],
  [['{"a": 1}', "it's; fine", '\ttab'], '"{""a"": 1}",it\'s; fine,"\ttab"\r\n'],
] as const)('fields %j are written as %j', (fields, line) => {
  expect(csvLine(fields)).toBe(line);
  const [header, row] = [fields.map((_, index) => `c${index}`).join(','), line];
  expect(Object.values(parseCsv(`${header}\r\n${row}`)[0]!)).toEqual(fields.map((field) => field ?? ''));
});

test.each<[string, number | null]>([
  ['7d', 1_000_000_000_000 - 7 * 86_400_000],
  ['90m', 1_000_000_000_000 - 5_400_000],
  ['2w', 1_000_000_000_000 - 14 * 86_400_000],
  ['2026-11-01', Date.UTC(2026, 10, 1)],
  ['2026-11-01T12:30', Date.UTC(2026, 10, 1, 12, 30)],
  ['2026-11-01 12:30:15Z', Date.UTC(2026, 10, 1, 12, 30, 15)],
  ['2026-11-01T12:30+02:00', Date.UTC(2026, 10, 1, 10, 30)],
  ['2026-02-30', null],
  ['2026-11-01T25:00', null],
  ['yesterday', null],
  ['7', null],
  ['', null],
])('--since %j', (text, at) => {
  if (at !== null) expect(sinceOf(text, 1_000_000_000_000)).toBe(at);
  else expect(() => sinceOf(text, 1_000_000_000_000)).toThrow(/7d.*2026-11-01/);
});

/** A reader of RFC 4180 that shares nothing with the writer. */
function parseCsv(text: string): Record<string, string>[] {
  const records: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      for (at += 1; text[at] !== '"' || text[at + 1] === '"'; at += 1) {
        field += text[at];
        if (text[at] === '"') at += 1;
      }
      at += 1;
    } else {
      while (at < text.length && text[at] !== ',' && text[at] !== '\r') field += text[at++];
    }
    records.at(-1)!.push(field);
    if (text[at] === ',') at += 1;
    else {
      at += 2;
      records.push([]);
    }
  }
  const [head, ...rows] = records.filter((record) => record.length > 0);
  return rows.map((row) => {
    expect(row.length).toBe(head!.length);
    return Object.fromEntries(head!.map((name, index) => [name, row[index]!]));
  });
}
