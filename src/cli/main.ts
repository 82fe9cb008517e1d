/**
 * The command line: which commands there are, and what happens around them (help, errors, exit codes, broken pipes). Light on
 * purpose: what a command needs is imported when it runs.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { backtestCommand } from './commands/backtest.ts';
import { statusCommand } from './commands/status.ts';
import { pauseCommand } from './commands/pause.ts';
import { resumeCommand } from './commands/resume.ts';
import { haltCommand } from './commands/halt.ts';
import { fetchCommand } from './commands/fetch.ts';
import { importCommand } from './commands/import.ts';
import { flattenCommand } from './commands/flatten.ts';
import { resetCommand } from './commands/reset.ts';
import { adoptCommand } from './commands/adopt.ts';
import { journalCommand } from './commands/journal.ts';
import { replayCommand } from './commands/replay.ts';
import { planCommand } from './commands/plan.ts';
import { runCommand } from './commands/run.ts';
import { checkCommand } from './commands/check.ts';
import { compareCommand } from './commands/compare.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exchangeCommand } from './commands/exchange.ts';
import { compactCommand } from './commands/compact.ts';
import { reportCommand } from './commands/report.ts';
import { simulateCommand } from './commands/simulate.ts';
import { traceCommand } from './commands/trace.ts';
import type { CliIo, CommandSpec, ExitCode } from './command-spec.ts';
import { isBrokenPipe, outputError, reportError } from './report-error.ts';
import { refuseSecretArguments } from './secret-arguments.ts';
import { packageVersion } from './version.ts';

const COMMANDS: readonly CommandSpec[] = [
  runCommand,
  statusCommand,
  planCommand,
  journalCommand,
  replayCommand,
  pauseCommand,
  resumeCommand,
  haltCommand,
  flattenCommand,
  resetCommand,
  adoptCommand,
  checkCommand,
  doctorCommand,
  reportCommand,
  backtestCommand,
  simulateCommand,
  traceCommand,
  compareCommand,
  compactCommand,
  exchangeCommand,
  fetchCommand,
  importCommand,
];

const EXIT_CODES = `Exit codes:
  0  done
  1  found something wrong
  2  wrong input

Set HEDGEROW_DEBUG=1 to see the stack of an error, NO_COLOR=1 for output without colours.`;

/** Runs one command line. Returns the exit code; never throws. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<ExitCode> {
  const running: Running = { spec: null, exitCode: 0 };
  io.stdout.on('error', (error) => {
    if (isBrokenPipe(error)) {
      if (running.spec?.outlivesItsReader !== true) process.exit(0);
    } else process.exit(reportError(outputError(error), io));
  });
  process.on('uncaughtException', (error) => process.exit(isBrokenPipe(error) ? 0 : reportError(error, io)));
  try {
    refuseSecretArguments(argv);
    await programFor(io, running).parseAsync(withKnownHelp(argv), { from: 'user' });
    return running.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExit(error, argv, io);
    return isBrokenPipe(error) ? 0 : reportError(error, io);
  }
}

/** `help trac` is told like `trac`; commander would show the general help. */
function withKnownHelp(argv: readonly string[]): readonly string[] {
  const [first, name] = argv;
  const isUnknown = first === 'help' && name !== undefined && !name.startsWith('-') && name !== 'help' && !COMMANDS.some((spec) => spec.name === name);
  return isUnknown ? [name] : argv;
}

interface Running {
  spec: CommandSpec | null;
  exitCode: ExitCode;
}

function programFor(io: CliIo, running: Running): Command {
  const program = new Command('hedgerow')
    .description('Grid and hedge-wallet bot for crypto perpetual futures: strategy files, state machines, orders that rest on the exchange.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text), outputError: () => {} })
    .addHelpText('after', `\n${examplesText(COMMANDS.map((spec) => spec.examples[0]))}\n\n${EXIT_CODES}`);
  for (const spec of COMMANDS) addCommand(program, spec, io, running);
  return program;
}

function addCommand(program: Command, spec: CommandSpec, io: CliIo, running: Running): void {
  const command = program.command(spec.name).summary(spec.summary).description(spec.description);
  for (const { syntax, description } of spec.arguments) command.argument(syntax, description);
  for (const option of spec.options) command.addOption(optionOf(option));
  command.addHelpText('after', `\n${examplesText(spec.examples)}`);
  command.action(async (...parameters: unknown[]) => {
    running.spec = spec;
    const [{ CommandInput }, action] = await Promise.all([import('./command-input.ts'), spec.load()]);
    const args = parameters.slice(0, spec.arguments.length);
    running.exitCode = await action(new CommandInput(args, command.opts()), io);
  });
}

function optionOf({ flags, description, isRepeatable }: CommandSpec['options'][number]): Option {
  const option = new Option(flags, description);
  if (isRepeatable === true) return option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  return option.required || option.optional ? option.argParser(once) : option;
}

/** The last one would silently win. */
function once(value: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError('It is given twice; give it once.');
  return value;
}

function examplesText(examples: readonly string[]): string {
  return [examples.length === 1 ? 'Example:' : 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n');
}

/** Help and version were asked for and are done; everything else is a wrong command line. */
function commanderExit(error: CommanderError, argv: readonly string[], io: CliIo): ExitCode {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return 0;
  if (error.code === 'commander.help') {
    if (argv[0] === 'help') return 0;
    io.stderr.write('\nhedgerow: no command was given [INPUT_INVALID]\n');
    return 2;
  }
  const message = error.message.replace(/^error: /, '').replace(/\n\(Did you mean (?:one of )?(.*)\?\)$/s, '; did you mean $1?').replace(/\.$/, '');
  const command = COMMANDS.find(({ name }) => name === argv[0]);
  io.stderr.write(`hedgerow: ${message}${message.endsWith('?') ? '' : ';'} see hedgerow ${command === undefined ? '' : `${command.name} `}--help [INPUT_INVALID]\n`);
  return 2;
}
