/** How errors reach the user: one message on standard error, the code of the error, and the exit code that follows from it. */
import { HedgerowError, isInputError } from '../domain/errors.ts';
import type { CliIo, ExitCode } from './command-spec.ts';

/** `hedgerow: message [CODE]`; of a message of several lines the first one carries the code. */
export function errorText(error: HedgerowError): string {
  const [first = '', ...rest] = error.message.split('\n');
  return [`hedgerow: ${first} [${error.code}]`, ...rest, ''].join('\n');
}

/** Prints the error; stacks only with HEDGEROW_DEBUG=1. */
export function reportError(error: unknown, io: Pick<CliIo, 'stderr' | 'env'>): ExitCode {
  const isDebug = io.env['HEDGEROW_DEBUG'] === '1';
  io.stderr.write(error instanceof HedgerowError ? errorText(error) : unexpectedText(error, isDebug));
  if (isDebug) io.stderr.write(`${stackOf(error)}\n`);
  return isInputError(error) ? 2 : 1;
}

function unexpectedText(error: unknown, isDebug: boolean): string {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const remedy = isDebug ? 'report the command, its input files and the lines below' : 'run it again with HEDGEROW_DEBUG=1 and report the command, its input files and what it printed';
  return `hedgerow: unexpected ${message}\nThis is a fault of hedgerow, not of your input: ${remedy}.\n`;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(error.cause)}`;
}

/** The reader of a pipe went away, as `head` does. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
