/** A bot in a process of its own: started, waited for by what it says, talked to, killed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from './hedgerow-process.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Bot {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error has said this; rejects when the process ended without. */
  readonly said: (text: string) => Promise<void>;
}

export function startBot(args: readonly string[], env: Readonly<Record<string, string>> = {}): Bot {
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/launch.mjs'), 'run', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1', DATABASE_URL: '', ...env } });
  let stdout = '';
  let stderr = '';
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      isOver = true;
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    kill: (signal) => void child.kill(signal),
    ended,
    said: async (text) => {
      while (!stderr.includes(text)) {
        if (isOver) throw new Error(`the bot ended without saying ${JSON.stringify(text)}: ${stderr}`);
        await sleep(20);
      }
    },
  };
}

/** The bot on this data folder can be talked to. */
export async function isListening(dataDir: string): Promise<void> {
  while (!existsSync(join(dataDir, 'control', 'bot.sock'))) await sleep(50);
}

interface Summary {
  readonly until: string;
  readonly plans: readonly { readonly plan: string; readonly operation: string; readonly phase: string; readonly price: string; readonly equity: string; readonly orders: number; readonly wallets: readonly { readonly phases: unknown }[] }[];
}

/** What must not depend on how often the process died: the counters of a process do, and are left out. */
export function outcomeOf(stdout: string): unknown {
  const { until, plans } = JSON.parse(stdout) as Summary;
  return { until, plans: plans.map(({ plan, operation, phase, price, equity, orders, wallets }) => ({ plan, operation, phase, price, equity, orders, wallets: wallets.map(({ phases: _, ...wallet }) => wallet) })) };
}
