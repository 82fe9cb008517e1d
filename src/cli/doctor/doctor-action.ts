/** `hedgerow doctor`: every strategy's exchange, accounts and market, looked at one after the other; exit code 1 when anything failed. */
import { HedgerowError } from '../../domain/errors.ts';
import type { Strategy } from '../../domain/strategy.ts';
import type { Log } from '../../ports/log.ts';
import { readStrategyFiles } from '../check/strategy-files.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, CommandAction, ExitCode } from '../command-spec.ts';
import { dataDirOf } from '../data-dir.ts';
import { openOperatorAccess } from '../operator/operator-access.ts';
import { Output } from '../output.ts';
import { accountKeys, openRealExchange } from '../real-exchange.ts';
import { styleFor } from '../style.ts';
import { doctorText } from './doctor-text.ts';
import { fail, hasFailed } from './finding.ts';
import type { Finding } from './finding.ts';
import { applySettings, runDoctor } from './run-doctor.ts';

export interface Diagnosis {
  readonly strategy: string;
  readonly exchange: string;
  readonly findings: readonly Finding[];
  readonly isHealthy: boolean;
}

const SILENT: Log = { info: () => {}, warn: () => {}, error: () => {} };

export const doctorAction: CommandAction = async (input, io) => {
  const strategies = await validStrategies(input);
  const diagnoses: Diagnosis[] = [];
  for (const strategy of strategies) diagnoses.push(await diagnose(strategy, input, io));
  const output = new Output(io.stdout);
  if (input.flag('json')) await output.write(`${JSON.stringify({ strategies: diagnoses })}\n`);
  else for (const { strategy, exchange, findings } of diagnoses) await output.write(doctorText(`${strategy} on ${exchange}`, findings, styleFor(io.stdout, io.env)));
  await output.flush();
  const exitCode: ExitCode = diagnoses.every(({ isHealthy }) => isHealthy) ? 0 : 1;
  return exitCode;
};

async function validStrategies(input: CommandInput): Promise<readonly Strategy[]> {
  const files = await readStrategyFiles(input.argumentList(0));
  return files.map((file) => {
    if (!file.isValid) throw file.error;
    if (file.strategy.exchange.id === 'simulated') throw inputError(`${file.file} trades on the simulated exchange, which needs no doctor; set exchange.id to a real one`);
    return file.strategy;
  });
}

async function diagnose(strategy: Strategy, input: CommandInput, io: CliIo): Promise<Diagnosis> {
  const { id, connection } = strategy.exchange;
  if (id === 'simulated' || connection === null) throw inputError(`${strategy.name} trades on no real exchange`);
  const dataDir = dataDirOf(input);
  const venue = connection.environment === 'production' ? id : `${id}/${connection.environment}`;
  const keys = await accountKeys(id, [strategy], dataDir, input, io.env);
  const report = (findings: readonly Finding[]): Diagnosis => ({ strategy: strategy.name, exchange: venue, findings, isHealthy: !hasFailed(findings) });
  let exchange;
  try {
    exchange = await openRealExchange({ exchangeId: id, connection, symbols: [strategy.symbol], keys: keys.whole, log: SILENT });
  } catch (error) {
    if (!(error instanceof HedgerowError) || error.code !== 'EXCHANGE_UNAVAILABLE') throw error;
    return report([fail('exchange', null, error.message, 'look at the connection, the proxy settings and the exchange\'s status page')]);
  }
  try {
    const given = { strategy, exchange, missing: keys.missing, isStarted: await isStarted(venue, strategy.name, dataDir, io) };
    const applied = input.flag('apply') ? await applySettings(given) : [];
    return report([...applied, ...(await runDoctor(given))]);
  } finally {
    await exchange.close();
  }
}

/** Whether the store a live run would use knows the plan. */
async function isStarted(venue: string, name: string, dataDir: string, io: CliIo): Promise<boolean> {
  if ((io.env['DATABASE_URL'] ?? '') === '') return false;
  const access = await openOperatorAccess(dataDir, io);
  try {
    const plan = (await access?.store.findPlan({ venue, name })) ?? null;
    return plan !== null && plan.snapshot !== null;
  } finally {
    await access?.close();
  }
}
