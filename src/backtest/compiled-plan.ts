/** The plan machine compiled to a table: its state after it has seen its wallets, found out once by the machine itself and remembered. */
import type { WalletView } from '../../machines/plan.machine.ts';
import { invariant } from '../domain/invariant.ts';
import type { Strategy } from '../domain/strategy.ts';
import { showWallets } from '../engine/step.ts';
import type { PlanSnapshot, PlanState } from '../engine/step.ts';

export interface PlanNode {
  readonly id: number;
  readonly snapshot: PlanSnapshot;
  readonly phase: PlanSnapshot['value']['phase'];
  readonly isRunning: boolean;
  readonly isJointResetDue: boolean;
  /** By the views of the wallets, one number for each combination. */
  readonly next: Map<number, PlanNode>;
}

/** What was compiled is shared by the runs of a process: a search runs thousands with one reset policy. */
const compiled = new Map<string, CompiledPlan>();

export function compiledPlan({ reset }: Pick<Strategy, 'reset'>): CompiledPlan {
  const key = JSON.stringify(reset);
  let plan = compiled.get(key);
  if (plan === undefined) {
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    plan = new CompiledPlan();
    compiled.set(key, plan);
  }
  return plan;
}

/** Far more reset policies than one process runs (I23). */
const COMPILED_MAX = 256;
/** Views of a wallet differ in a handful of yes and no; two wallets at most make a plan. */
const VIEWS_MAX = 1_024;

export class CompiledPlan {
  readonly #nodes = new Map<string, PlanNode>();
  readonly #views = new Map<string, number>();
  readonly #known = new WeakMap<WalletView, number>();

  nodeOf(snapshot: PlanSnapshot): PlanNode {
    const { value, context } = snapshot;
    const key = JSON.stringify([value, context]);
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { id: this.#nodes.size, snapshot, phase: value.phase, isRunning: value.operation === 'running', isJointResetDue: context.isJointResetDue, next: new Map() };
      this.#nodes.set(key, node);
    }
    return node;
  }

  nodeOfPlan({ plan }: PlanState): PlanNode {
    return this.nodeOf(plan);
  }

  /** The plan after it has seen its wallets, in file order. */
  see(node: PlanNode, wallets: readonly WalletView[]): PlanNode {
    // Plans of one wallet and of two share the table.
    let key = wallets.length;
    for (const view of wallets) key = key * VIEWS_MAX + this.#idOf(view);
    let next = node.next.get(key);
    if (next === undefined) {
      next = this.nodeOf(showWallets(node.snapshot, wallets));
      node.next.set(key, next);
    }
    return next;
  }

  #idOf(view: WalletView): number {
    let id = this.#known.get(view);
    if (id === undefined) {
      const key = JSON.stringify(view, Object.keys(view).sort());
      id = this.#views.get(key) ?? this.#views.size;
      invariant(id < VIEWS_MAX, 'I23 a wallet looks one of few ways', { key });
      this.#views.set(key, id);
      this.#known.set(view, id);
    }
    return id;
  }
}
