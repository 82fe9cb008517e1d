/** Runs Node in a process of its own: for what can be measured only once in a process, such as its start and its memory. */
import { spawn } from 'node:child_process';

export interface ChildOptions {
  /** Ends the process as soon as its standard error holds this text; the time until then is what counts. */
  readonly untilStderr?: string;
}

export interface ChildResult {
  readonly stdout: string;
  /** From the call until the end, or until the text was seen, ms. */
  readonly elapsedMs: number;
}

/** Rejects when the process ends in another way than well. */
export function runNode(args: readonly string[], { untilStderr }: ChildOptions = {}): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment() });
    let stdout = '';
    let stderr = '';
    let seenMs: number | null = null;
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      stderr += piece;
      if (untilStderr === undefined || seenMs !== null || !stderr.includes(untilStderr)) return;
      seenMs = performance.now() - startedAt;
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const elapsedMs = seenMs ?? performance.now() - startedAt;
      if (seenMs !== null || (code === 0 && untilStderr === undefined)) resolve({ stdout, elapsedMs });
      else reject(new Error(`node ${args.join(' ')} ended with ${code}: ${stderr}`));
    });
  });
}

/** A child must not find the user's own database. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _url, ...rest } = process.env;
  return rest;
}
