/** How far a download is: a bar on a terminal's standard error, and lines for what went wrong on the way. Without a terminal only the lines. */
import { clearLine, cursorTo } from 'node:readline';
import { SingleBar } from 'cli-progress';
import type { CliIo } from '../command-spec.ts';

export class FetchProgress {
  readonly #stderr: NodeJS.WriteStream;
  #bar: SingleBar | null = null;

  constructor({ stderr }: Pick<CliIo, 'stderr'>) {
    this.#stderr = stderr;
  }

  begin(what: string, total: number, done: number): void {
    this.end();
    if (this.#stderr.isTTY !== true) return;
    this.#bar = new SingleBar({ format: `${what} {bar} {percentage}%, {eta_formatted} left`, stream: this.#stderr, clearOnComplete: true, hideCursor: true });
    this.#bar.start(total, done);
  }

  show(done: number): void {
    this.#bar?.update(done);
  }

  tell(line: string): void {
    if (this.#bar !== null) {
      cursorTo(this.#stderr, 0);
      clearLine(this.#stderr, 1);
    }
    this.#stderr.write(`hedgerow: ${line}\n`);
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}
