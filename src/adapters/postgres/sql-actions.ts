/** What people asked plans to do: written down once under the id the asker chose, completed by a commit (I17, I20). */
import { HedgerowError } from '../../domain/errors.ts';
import type { OperatorAction } from '../../ports/store.ts';
import type { Sql } from './database.ts';
import { actionOf, jsonText } from './sql-rows.ts';

const COLUMNS = 'action_id, plan_id, action, reason, requested_by, requested_at, outcome, note, settled_at';

/** As JSON, so that text a database cannot hold is replaced like everywhere else. */
const REQUEST = `
insert into hedgerow.operator_actions (action_id, plan_id, action, reason, requested_by, requested_at)
select a."actionId", p.plan_id, a.action, a.reason, a."requestedBy", a."requestedAt"
from jsonb_to_record($1::jsonb) as a ("actionId" text, "planId" integer, action text, reason text, "requestedBy" text, "requestedAt" bigint)
  join hedgerow.plans p on p.plan_id = a."planId"
on conflict (action_id) do nothing`;

export async function requestAction(sql: Sql, action: Omit<OperatorAction, 'result'>): Promise<OperatorAction> {
  await sql.query(REQUEST, [jsonText(action)]);
  const written = await loadAction(sql, action.actionId);
  if (written === null) throw new HedgerowError('INPUT_INVALID', `the store has no plan ${action.planId}`);
  return written;
}

export async function loadPendingActions(sql: Sql, planId: number): Promise<readonly OperatorAction[]> {
  const rows = await sql.query(`select ${COLUMNS} from hedgerow.operator_actions where plan_id = $1 and outcome is null order by place`, [planId], 'load_pending_actions');
  return rows.map(actionOf);
}

export async function loadAction(sql: Sql, actionId: string): Promise<OperatorAction | null> {
  const [row] = await sql.query(`select ${COLUMNS} from hedgerow.operator_actions where action_id = $1`, [actionId]);
  return row === undefined ? null : actionOf(row);
}
