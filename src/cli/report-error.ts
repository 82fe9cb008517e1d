/** How errors reach the user: one message on standard error, the code of the error, and the exit code that follows from it. */
import { processSecrets } from '../adapters/system/redaction.ts';
import { HedgerowError, isInputError } from '../domain/errors.ts';
import type { CliIo, ExitCode } from './command-spec.ts';

/** `hedgerow: message [CODE]`; of a message of several lines the first one carries the code. */
export function errorText(error: HedgerowError): string {
  const [first = '', ...rest] = error.message.split('\n');
  return [`hedgerow: ${first} [${error.code}]`, ...rest, ''].join('\n');
}

/** Rights, room and the kind of a file: the user can correct these. */
const FILE_FAULTS: readonly string[] = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'];

/** What the operating system refused, as an error for the user; everything else as it is. */
function told(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof HedgerowError || !('code' in error) || !FILE_FAULTS.includes(String(error.code))) return error;
  return new HedgerowError('STORE_UNAVAILABLE', `${error.message}; check the rights, the room on the disk, and that the path is what it should be`, { cause: error });
}

/** Standard output went wrong, other than by a reader that went away. */
export function outputError(error: Error): HedgerowError {
  return new HedgerowError('INPUT_INVALID', `standard output cannot be written: ${error.message}; give it room, or send it elsewhere`, { cause: error });
}

/** Prints the error without secrets (I19); stacks only with HEDGEROW_DEBUG=1. */
export function reportError(thrown: unknown, io: Pick<CliIo, 'stderr' | 'env'>): ExitCode {
  const error = told(thrown);
  const isDebug = io.env['HEDGEROW_DEBUG'] === '1';
  io.stderr.write(processSecrets.text(error instanceof HedgerowError ? errorText(error) : unexpectedText(error, isDebug)));
  if (isDebug) io.stderr.write(processSecrets.text(`${stackOf(error)}\n`));
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
