/** SIGINT and SIGTERM end the run after the tick under way; a second one ends the process at once. */

export class StopSignal {
  received: NodeJS.Signals | null = null;
  readonly #onStop: () => void;
  readonly #listener = (signal: NodeJS.Signals): void => {
    if (this.received !== null) process.exit(1);
    this.received = signal;
    this.#onStop();
  };

  /** `onStop` is called at the first signal. */
  constructor(onStop: () => void = () => {}) {
    this.#onStop = onStop;
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  release(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}
