/**
 * What the auditor is told about a plan: plain data, filled in by whoever runs it. These are the bot's beliefs; the auditor holds
 * them against the exchange's own records, which it hears for itself.
 */
import type { DecimalString } from '../../domain/decimal.ts';
import type { CycleKind, Instrument, PositionMode, Role, Spacing, WalletName, Weight, WindowSpec } from '../../domain/strategy.ts';

export interface AuditedRung {
  readonly isOut: boolean;
  readonly long: DecimalString;
  readonly short: DecimalString;
}

export interface AuditedLedger {
  readonly capital: DecimalString;
  readonly bought: DecimalString;
  readonly sold: DecimalString;
  readonly fees: DecimalString;
  readonly funding: DecimalString;
  readonly longCost: DecimalString;
  readonly shortCost: DecimalString;
  readonly realised: DecimalString;
}

export interface AuditedWallet {
  readonly name: WalletName;
  readonly account: string;
  readonly cycleKind: CycleKind;
  readonly weights: readonly Weight[];
  readonly cycle: number;
  readonly phase: string;
  readonly isOpened: boolean;
  readonly hasTraded: boolean;
  readonly entriesAllowed: boolean;
  readonly anchor: DecimalString;
  readonly unitSize: DecimalString;
  readonly notional: DecimalString;
  readonly top: number;
  readonly rungs: readonly AuditedRung[];
  /** Long outside the rungs. */
  readonly coreLong: DecimalString;
  /** Short outside the rungs. */
  readonly strayShort: DecimalString;
  /** Totals as the bot shows them. */
  readonly long: DecimalString;
  readonly short: DecimalString;
  readonly ledger: AuditedLedger;
  /** Equity as the bot shows it at `AuditedPlan.mark`. */
  readonly equity: DecimalString;
}

export interface AuditedPlan {
  readonly name: string;
  readonly symbol: string;
  readonly positionMode: PositionMode;
  readonly spacing: Spacing;
  readonly instrument: Instrument;
  readonly windows: Readonly<Record<Role, WindowSpec>>;
  /** `running`, `paused`, `halted`, `flattening` or `diverged`. */
  readonly operation: string;
  readonly mark: DecimalString;
  readonly wallets: readonly AuditedWallet[];
  /** What the bot takes for somebody else's position; signed in one-way mode, a short counts positive in hedge mode. */
  readonly external: readonly { readonly account: string; readonly positionSide: string; readonly amount: DecimalString }[];
  /** Most conditional orders the exchange takes per account on the symbol; null: no such cap. */
  readonly conditionalCap: number | null;
  /** Differences were taken over from the exchange: what the wallets lost then has no trade to it. */
  readonly isAdopted: boolean;
  /** Why the bot stopped by itself; null while it works. */
  readonly failure: string | null;
}
