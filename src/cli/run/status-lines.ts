/** Live status on a terminal: one line per plan, redrawn in place; whatever else is written goes above it. */
import { clearScreenDown, moveCursor } from 'node:readline';

const REDRAW_MS = 200;

export class StatusLines {
  readonly #stream: NodeJS.WriteStream;
  readonly #lines: () => readonly string[];
  #drawn = 0;
  #nextAt = 0;

  constructor(stream: NodeJS.WriteStream, lines: () => readonly string[]) {
    this.#stream = stream;
    this.#lines = lines;
  }

  /** Redraws if the last time was long enough ago. */
  refresh(): void {
    const now = Date.now();
    if (now < this.#nextAt) return;
    this.#nextAt = now + REDRAW_MS;
    this.#erase();
    const width = this.#stream.columns > 0 ? this.#stream.columns - 1 : 120;
    const lines = this.#lines().map((line) => line.slice(0, width));
    this.#stream.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  /** Writes a line above the status. */
  writeAbove(text: string): void {
    this.#erase();
    this.#stream.write(text);
    this.#nextAt = 0;
  }

  end(): void {
    this.#erase();
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    moveCursor(this.#stream, 0, -this.#drawn);
    clearScreenDown(this.#stream);
    this.#drawn = 0;
  }
}
