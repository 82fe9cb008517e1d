/** `hedgerow report`: chooses plans and period, reads the ledger as it is at one moment, and prints or writes it. Changes nothing in the store. */
import { LEDGER_TABLES } from '../../adapters/postgres/ledger/ledger-tables.ts';
import { knownPlans, readReports } from '../../adapters/postgres/ledger/ledger-report.ts';
import type { KnownPlan } from '../../adapters/postgres/ledger/ledger-report.ts';
import { openLedger } from '../../adapters/postgres/ledger/open-ledger.ts';
import type { Sql } from '../../adapters/postgres/database.ts';
import { didYouMean } from '../../adapters/yaml/problems.ts';
import { HedgerowError } from '../../domain/errors.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction } from '../command-spec.ts';
import { Output } from '../output.ts';
import { styleFor } from '../style.ts';
import { writeCsvFiles } from './csv-files.ts';
import { sinceOf } from './period.ts';
import { reportText } from './report-text.ts';

export const reportAction: CommandAction = async (input, io) => {
  const names = await namesOf(input);
  const databaseUrl = io.env['DATABASE_URL'] ?? '';
  const store = await openLedger(databaseUrl === '' ? { dataDir: input.text('data') ?? '.hedgerow' } : { databaseUrl });
  try {
    await store.read((sql) => report(sql, names, store.description, input, io));
    return 0;
  } finally {
    await store.close();
  }
};

async function report(sql: Sql, names: readonly string[], store: string, input: CommandInput, io: CliIo): Promise<void> {
  const plans = chosenPlans(await knownPlans(sql), names, store);
  const newest = Math.max(...plans.map(({ asOf }) => asOf ?? 0));
  const since = sinceOf(input.text('since'), newest);
  const planIds = plans.map(({ planId }) => planId);
  const folder = input.text('csv');
  const output = new Output(io.stdout);
  if (folder !== null) {
    const rows = await writeCsvFiles(sql, folder, planIds, since);
    if (!input.flag('json')) await output.write(`Wrote ${LEDGER_TABLES.length} files with ${rows} rows to ${folder}.\n`);
  }
  const reports = await readReports(sql, planIds, since);
  const sinceText = since === null ? null : new Date(since).toISOString();
  if (input.flag('json')) await output.write(`${JSON.stringify({ store, since: sinceText, plans: reports })}\n`);
  else if (folder === null) await output.write(reportText(reports, sinceText, store, styleFor(io.stdout, io.env)));
  await output.flush();
}

/** Names asked for; none: every plan. */
async function namesOf(input: CommandInput): Promise<readonly string[]> {
  const files = await readStrategyFiles(input.argumentList(0));
  const errors = files.flatMap((file) => (file.isValid ? [] : [file.error]));
  const [first] = errors;
  if (first !== undefined) throw new HedgerowError(first.code, errors.map(({ message }) => message).join('\n'));
  return [...new Set([...files.flatMap((file) => (file.isValid ? [file.strategy.name] : [])), ...input.texts('plan')])];
}

function chosenPlans(known: readonly KnownPlan[], names: readonly string[], store: string): readonly KnownPlan[] {
  const begun = known.filter(({ asOf }) => asOf !== null);
  if (begun.length === 0) throw inputError(`no plan in the store ${store} has begun yet; start one with hedgerow run`);
  const there = [...new Set(begun.map(({ plan }) => plan))];
  for (const name of names) {
    if (there.includes(name)) continue;
    throw inputError(`no plan in the store ${store} is called ${JSON.stringify(name)}; there are ${there.join(', ')}${didYouMean(name, there)}`);
  }
  return names.length === 0 ? begun : begun.filter(({ plan }) => names.includes(plan));
}
