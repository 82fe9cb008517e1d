/**
 * What one run is measured by: faults that happened, boundaries at which a process ended, how long something a wallet holds rested
 * uncovered (from the exchange's own records), how long after a start everything was covered again, and the hash of all that happened.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { PlanRunner } from '../../engine/plan-runner.ts';
import type { CommitBatch } from '../../ports/store.ts';
import { auditedPlan } from '../audited-facts.ts';
import type { AuditedPlan } from '../auditor/audited-plan.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { BookDelta } from '../exchange/delta.ts';
import type { TapeFault } from './tape-faults.ts';

export interface MeasuredWorld {
  readonly auditor: Auditor;
  readonly now: number;
  readonly process: { readonly runner: PlanRunner | null } | null;
}

export class RunMeasures {
  readonly #world: MeasuredWorld;
  readonly #hash: Hash = createHash('sha256');
  /** Faults that happened, by `lane:kind`. */
  readonly faults = new Map<string, number>();
  /** Boundaries at which a process ended, by name; `recovery` when it had not yet come to rest. */
  readonly crashes = new Map<string, number>();
  /** Lengths of the times a wallet was not covered, ms. */
  readonly unprotectedMs: number[] = [];
  readonly restartToProtectedMs: number[] = [];
  /** Boundaries passed from each start until the bot first came to rest, first and last included. */
  readonly recoveries: { readonly from: number; readonly to: number }[] = [];
  readonly #uncoveredSince = new Map<string, number>();
  #startedAt: number | null = null;
  #startedAtBoundary = 0;
  #hasRested = false;
  #plan: AuditedPlan | null = null;
  #isDirty = true;

  constructor(world: MeasuredWorld) {
    this.#world = world;
  }

  /** Everything that happened at the exchange and in the store, in order (I22). */
  get traceHash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16);
  }

  heard(delta: BookDelta): void {
    this.#hash.update(JSON.stringify(delta));
    if (delta.orders !== undefined || delta.trades !== undefined) this.#isDirty = true;
  }

  committed(batch: CommitBatch): void {
    this.#hash.update(JSON.stringify(batch.entries));
    this.#isDirty = true;
  }

  faulted({ lane, kind }: TapeFault): void {
    count(this.faults, `${lane}:${kind}`);
  }

  happened(name: string): void {
    count(this.faults, `@${name}`);
  }

  crashed(boundary: string): void {
    count(this.crashes, this.#hasRested ? boundary : `${boundary} (recovery)`);
  }

  /** `boundaries`: how many have been passed until now. */
  started(boundaries: number): void {
    // Before the plan has started there is nothing to protect.
    this.#startedAt = this.#plan === null ? null : this.#world.now;
    this.#hasRested = false;
    this.#startedAtBoundary = boundaries;
  }

  ended(): void {
    this.#startedAt = null;
  }

  /** The bot has come to rest. */
  rested(boundaries: number): void {
    if (!this.#hasRested) this.recoveries.push({ from: this.#startedAtBoundary + 1, to: boundaries });
    this.#hasRested = true;
  }

  /** To be called whenever something may have changed, before time passes. */
  look(): void {
    const runner = this.#world.process?.runner ?? null;
    const hasState = runner !== null && runner.state !== null;
    if (!this.#isDirty && !(hasState && this.#startedAt !== null)) return;
    this.#isDirty = false;
    const now = hasState ? auditedPlan(runner) : null;
    if (now !== null) this.#world.auditor.follow(now);
    this.#plan = now ?? this.#plan;
    if (this.#plan === null) return;
    const uncovered = this.#world.auditor.uncoveredWallets(this.#plan);
    for (const wallet of uncovered) if (!this.#uncoveredSince.has(wallet)) this.#uncoveredSince.set(wallet, this.#world.now);
    for (const [wallet, since] of this.#uncoveredSince) {
      if (uncovered.has(wallet)) continue;
      this.#uncoveredSince.delete(wallet);
      this.unprotectedMs.push(this.#world.now - since);
    }
    if (this.#startedAt === null || !hasState || uncovered.size > 0) return;
    this.restartToProtectedMs.push(this.#world.now - this.#startedAt);
    this.#startedAt = null;
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
