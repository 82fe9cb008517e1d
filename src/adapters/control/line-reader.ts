/** Lines out of a stream of bytes, none longer than a limit (I23). */

const NEWLINE = 0x0a;

export class LineReader {
  readonly #bytesMax: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines these bytes complete; null when a line is too long, after which the reader is of no use. */
  take(bytes: Buffer): string[] | null {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const piece = bytes.subarray(start, end);
      if (this.#bytes + piece.length > this.#bytesMax) return null;
      lines.push(Buffer.concat([...this.#pieces, piece]).toString('utf8'));
      this.#pieces = [];
      this.#bytes = 0;
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    this.#bytes += rest.length;
    if (this.#bytes > this.#bytesMax) return null;
    if (rest.length > 0) this.#pieces.push(rest);
    return lines;
  }
}
