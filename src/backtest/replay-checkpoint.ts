/** The state of a replay at a moment, kept so that it can be gone back to; objects of it are reused. */
import type { PlanNode } from './compiled-plan.ts';
import type { ReplayWallet } from './replay-wallet.ts';
import { WatchState } from './replay-watch.ts';

/** Everything that a tick may change. */
export class ReplayCheckpoint {
  readonly wallets: readonly ReplayWallet[];
  readonly watch = new WatchState();
  plan: PlanNode;
  log = 0;
  settlement = 0;
  fundingRow = Infinity;

  constructor(wallets: readonly ReplayWallet[], plan: PlanNode) {
    this.wallets = wallets;
    this.plan = plan;
  }
}
