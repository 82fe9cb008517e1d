/** One life of the real process `hedgerow run`: when it was started, when it said that it runs, how it ended. Serves the proof of I12. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BotCommand {
  /** Arguments of Node: its own options, the program, and what the program is given. */
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env: Readonly<Record<string, string>>;
}

export interface LifeEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the process until its plans were recovered, ms; null when it did not come so far. */
  readonly runningAfterMs: number | null;
}

/** The log line that ends recovery; `--log-level info` shows it. */
const RUNNING = '"msg":"bot started"';

/** Between two looks at what it said. */
const LOOK_MS = 20;

export class BotLife {
  readonly #child: ChildProcess;
  readonly #startedAt = performance.now();
  #stdout = '';
  #stderr = '';
  #runningAfterMs: number | null = null;
  /** Resolves when it runs, and also when it ends before. */
  readonly running: Promise<void>;
  readonly ended: Promise<LifeEnd>;

  constructor({ args, env }: BotCommand) {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', ...env } });
    this.#child = child;
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout: this.#stdout, stderr: this.#stderr, runningAfterMs: this.#runningAfterMs }));
    });
    this.running = new Promise((resolve) => {
      child.on('close', () => resolve());
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        this.#stderr += piece;
        if (this.#runningAfterMs !== null || !this.#stderr.includes(RUNNING)) return;
        this.#runningAfterMs = performance.now() - this.#startedAt;
        resolve();
      });
    });
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (this.#stdout += piece));
  }

  get isRunning(): boolean {
    return this.#runningAfterMs !== null;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Its standard error so far. */
  get said(): string {
    return this.#stderr;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Resolves when its standard error holds this text; false when it ended without. */
  async hears(text: string): Promise<boolean> {
    while (!this.#stderr.includes(text)) if (!(await this.lives(LOOK_MS))) return this.#stderr.includes(text);
    return true;
  }

  /** False when it ended within that time. */
  async lives(ms: number): Promise<boolean> {
    return Promise.race([sleep(ms, true), this.ended.then(() => false)]);
  }
}
