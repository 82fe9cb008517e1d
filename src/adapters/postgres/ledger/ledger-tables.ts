/**
 * The ledger's views as tables of text, for files: which there are, and their rows a page at a time, so that memory stays bounded however
 * long a plan has run (I23). Numbers keep every digit; times are ISO 8601 in UTC, durations seconds.
 */
import type { Sql, SqlRow } from '../database.ts';

export interface LedgerTable {
  readonly view: string;
  /** What `since` is compared with; null: everything, as the rows are of now. */
  readonly timeColumn: string | null;
  readonly order: string;
}

export const LEDGER_TABLES: readonly LedgerTable[] = [
  { view: 'trading_plans', timeColumn: null, order: 'plan_id' },
  { view: 'wallet_positions', timeColumn: null, order: 'plan_id, wallet' },
  { view: 'position_contributions', timeColumn: null, order: 'plan_id, account, position_side, wallet' },
  { view: 'cycles', timeColumn: 'coalesce(ended_at, started_at)', order: 'plan_id, wallet, cycle' },
  { view: 'resets', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'positions', timeColumn: 'coalesce(closed_at, opened_at)', order: 'plan_id, first_seq' },
  { view: 'fills', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'exchange_trades', timeColumn: 'at', order: 'plan_id, seq, trade_id' },
  { view: 'order_lives', timeColumn: 'placed_at', order: 'plan_id, placed_at, client_order_id' },
  { view: 'order_legs', timeColumn: null, order: 'plan_id, client_order_id, leg_number' },
  { view: 'requests', timeColumn: 'committed_at', order: 'plan_id, seq, intent_id' },
  { view: 'allocation_changes', timeColumn: 'at', order: 'plan_id, seq, wallet' },
  { view: 'phase_transitions', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'plan_phases', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'operation_changes', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'unit_touches', timeColumn: 'at', order: 'plan_id, seq, wallet, unit * direction' },
  { view: 'funding_payments', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'external_events', timeColumn: 'at', order: 'plan_id, seq' },
  { view: 'operator_log', timeColumn: 'requested_at', order: 'plan_id, requested_at, action_id' },
];

/** Rows fetched at once: about a megabyte. */
const PAGE_ROWS = 5_000;

/** Columns of a view, in order. */
export async function tableColumns(sql: Sql, { view }: LedgerTable): Promise<readonly string[]> {
  const rows = await describe(sql, view);
  return rows.map((row) => String(row['column_name']));
}

/** The rows of some plans since `since` (ms; null: all), as text in the order of the columns; null where there is no value. */
export async function* tablePages(sql: Sql, { view, timeColumn, order }: LedgerTable, planIds: readonly number[], since: number | null): AsyncGenerator<readonly (readonly (string | null)[])[]> {
  const columns = await describe(sql, view);
  const names = columns.map((_, index) => `c${index}`);
  const values = columns.map((column, index) => `${asText(String(column['column_name']), String(column['data_type']))} as c${index}`);
  const period = since === null || timeColumn === null ? '' : ` and ${timeColumn} >= to_timestamp(${since / 1_000})`;
  // Of numbers only, so nothing has to be quoted; a cursor takes no parameters on every driver.
  await sql.script(`declare ledger_rows no scroll cursor for select ${values.join(', ')} from hedgerow.${view} where plan_id in (${planIds.join(', ')})${period} order by ${order}`);
  for (;;) {
    const rows = await sql.query(`fetch ${PAGE_ROWS} from ledger_rows`);
    if (rows.length > 0) yield rows.map((row) => names.map((name) => row[name] as string | null));
    if (rows.length < PAGE_ROWS) break;
  }
  await sql.script('close ledger_rows');
}

function describe(sql: Sql, view: string): Promise<readonly SqlRow[]> {
  return sql.query("select column_name, data_type from information_schema.columns where table_schema = 'hedgerow' and table_name = $1 order by ordinal_position", [view]);
}

function asText(column: string, type: string): string {
  switch (type) {
    case 'timestamp with time zone':
      return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
    case 'interval':
      return `trim_scale(extract(epoch from ${column}))::text`;
    case 'numeric':
      return `trim_scale(${column})::text`;
    default:
      return `${column}::text`;
  }
}
