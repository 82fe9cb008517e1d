/**
 * A read of a whole account that many plans ask for: at most one is under way and one waits, which all who ask meanwhile share. Nobody is
 * given a read that began before he asked (I9).
 */
export class SharedRead<T> {
  readonly #read: () => Promise<T>;
  /** Rests this long after a read, ms: who asks in that time shares the next one. */
  readonly #restMs: number;
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | null = null;

  constructor(read: () => Promise<T>, restMs: number) {
    this.#read = read;
    this.#restMs = restMs;
  }

  get(): Promise<T> {
    this.#next ??= this.#queue();
    return this.#next;
  }

  async #queue(): Promise<T> {
    await this.#current;
    this.#next = null;
    const reading = this.#read();
    this.#current = reading.then(
      () => rest(this.#restMs),
      () => rest(this.#restMs),
    );
    return reading;
  }
}

function rest(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => void setTimeout(resolve, ms));
}
