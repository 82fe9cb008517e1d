/** Writing to standard output in pieces, each waited for, so that a slow reader holds the writer back and memory stays bounded (I23). */

const PIECE_CHARS = 64 * 1024;

export class Output {
  readonly #stream: NodeJS.WritableStream;
  #piece = '';

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** Keeps the text; returns a promise, to be awaited, only when a piece has to go out first. */
  write(text: string): Promise<void> | null {
    this.#piece += text;
    return this.#piece.length >= PIECE_CHARS ? this.flush() : null;
  }

  /** Rejects when the reader went away. */
  flush(): Promise<void> {
    const piece = this.#piece;
    this.#piece = '';
    if (piece === '') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#stream.write(piece, (error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  }
}
