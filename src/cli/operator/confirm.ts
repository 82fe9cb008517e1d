/** Asks a person at a terminal before positions, or what counts as ours, are changed; shows what would happen. */
import { createInterface } from 'node:readline/promises';
import type { OperatorActionKind } from '../../ports/store.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo } from '../command-spec.ts';
import type { PlanStatus } from './plan-status.ts';

/** True without asking when `--yes` was given or nobody sits there. */
export async function confirmed(kind: OperatorActionKind, statuses: readonly PlanStatus[], input: CommandInput, io: CliIo): Promise<boolean> {
  for (const status of statuses) io.stderr.write(`${effectText(kind, status)}\n`);
  if (input.flag('yes') || !('isTTY' in io.stdin) || io.stdin.isTTY !== true) return true;
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await terminal.question(`${kind}? Type yes to go on (--yes does not ask): `);
    if (answer.trim().toLowerCase() === 'yes') return true;
    io.stderr.write('hedgerow: nothing was done\n');
    return false;
  } finally {
    terminal.close();
  }
}

function effectText(kind: OperatorActionKind, { plan, symbol, wallets, orders, operation }: PlanStatus): string {
  const held = wallets.flatMap(({ wallet, long, short }) => [...(long === '0' ? [] : [`sells ${long} long of ${wallet}`]), ...(short === '0' ? [] : [`buys back ${short} short of ${wallet}`])]);
  switch (kind) {
    case 'flatten':
      // What a diverged plan holds is what the exchange says, not the ledger.
      if (operation === 'diverged') return `${plan} (${symbol}): cancels every order, then closes whatever the exchange holds, at market`;
      return `${plan} (${symbol}): cancels ${orders.working} orders, then ${held.length === 0 ? 'has nothing to close' : `${held.join(', ')}, at market`}`;
    case 'reset':
      return `${plan} (${symbol}): every wallet starts a new cycle at the present price and trades the difference to its target at market`;
    case 'adopt':
      return `${plan} (${symbol}): what the exchange holds is taken as it is; what is missing is taken from the wallets, what is more is somebody else's`;
    case 'pause':
    case 'resume':
    case 'halt':
      return `${plan} (${symbol}): ${kind}`;
  }
}
