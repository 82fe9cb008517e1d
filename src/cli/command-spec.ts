/**
 * What a command is: light metadata for `--help`, and its action behind a lazy import, so that neither `--help` nor another command
 * loads what it needs. A new command is one file in src/cli/commands that exports a `CommandSpec`, and one line in src/cli/main.ts.
 */
import type { CommandInput } from './command-input.ts';

/** The part of the process a command may use. */
export interface CliIo {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** 0 done, 1 found something wrong, 2 wrong input. */
export type ExitCode = 0 | 1 | 2;

/** Throws HedgerowError for what the user can correct; the message is printed and the exit code follows from its code. */
export type CommandAction = (input: CommandInput, io: CliIo) => Promise<ExitCode>;

export interface OptionSpec {
  /** As commander writes them: `--json`, `--prices <list>`, `-n, --runs <count>`. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times; read it with `CommandInput.texts`. */
  readonly isRepeatable?: boolean;
}

export interface ArgumentSpec {
  /** `<strategy>`, `[file]`, `<file...>`. */
  readonly syntax: string;
  readonly description: string;
}

export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs for the command's own help. */
  readonly description: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Full command lines, shown by `--help`. */
  readonly examples: readonly [string, ...string[]];
  /** Goes on when nobody reads its output any more (`hedgerow run | head` must not end a bot). Default: ends quietly. */
  readonly outlivesItsReader?: boolean;
  readonly load: () => Promise<CommandAction>;
}
