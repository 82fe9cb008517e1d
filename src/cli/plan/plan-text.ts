/** A plan of actions for people: what would be placed, moved and cancelled, in the order it would happen, and why. */
import { dec } from '../../domain/decimal.ts';
import type { Action, Plan, WorkingOrder } from '../../window/plan.ts';
import type { ExchangeOrder } from '../../window/exchange-orders.ts';
import type { Style } from '../style.ts';

/** One action as JSON. */
export function actionDocument(action: Action): Readonly<Record<string, unknown>> {
  switch (action.type) {
    case 'place':
      return { action: 'place', ...orderDocument(action.order), reason: action.reason };
    case 'amend':
      return {
        action: 'amend',
        clientOrderId: action.target.clientOrderId,
        from: { amount: action.target.amount, triggerPrice: action.target.triggerPrice, price: action.target.price },
        ...orderDocument(action.order),
        amount: action.amount,
        reason: action.reason,
      };
    case 'cancel':
      return { action: 'cancel', clientOrderId: action.target.clientOrderId, side: action.target.side, amount: action.target.amount, triggerPrice: action.target.triggerPrice, reason: action.reason };
  }
}

export function orderDocument(order: ExchangeOrder): Readonly<Record<string, unknown>> {
  const { slot, account, side, type, amount, triggerPrice, price, triggerBy, positionSide, reduceOnly } = order;
  return { slot, account, side, type, amount, triggerPrice, price, triggerBy, positionSide, reduceOnly };
}

export function planText(plan: Plan, resting: readonly WorkingOrder[], style: Style): string {
  const touched = new Set(plan.actions.flatMap((action) => (action.type === 'place' ? [] : [action.target.clientOrderId])));
  const staying = resting.filter(({ clientOrderId }) => !touched.has(clientOrderId)).sort(byPrice);
  const lines = [
    ...plan.actions.map((action) => actionLine(action, style)),
    ...staying.map((order) => style.dim(`  = ${orderText(order, order.amount)}  ${namesOf(order)}`)),
    ...plan.withheld.map(({ order, reason }) => style.dim(`  . ${orderText(order, order.amount)}  ${namesOf(order)}: ${reason}`)),
  ];
  const count = (type: Action['type']): number => plan.actions.filter((action) => action.type === type).length;
  lines.push('', `  ${count('place')} to place, ${count('amend')} to move, ${count('cancel')} to cancel, ${staying.length} stay as they rest${plan.withheld.length > 0 ? `, ${plan.withheld.length} withheld` : ''}.`);
  return lines.join('\n');
}

/** Highest trigger first. */
function byPrice(a: WorkingOrder, b: WorkingOrder): number {
  return dec(b.triggerPrice ?? '0').comparedTo(a.triggerPrice ?? '0');
}

function actionLine(action: Action, style: Style): string {
  switch (action.type) {
    case 'place':
      return style.green(`  + ${orderText(action.order, action.order.amount)}  ${namesOf(action.order)}`) + style.dim(`  ${action.reason}`);
    case 'amend':
      return style.yellow(`  ~ ${orderText(action.order, action.amount)}  ${namesOf(action.order)}`) + style.dim(`  ${action.reason}`);
    case 'cancel':
      return style.red(`  - ${orderText(action.target, action.target.amount)}  ${namesOf(action.target)}`) + style.dim(`  ${action.reason}`);
  }
}

function orderText(order: Pick<ExchangeOrder, 'side' | 'type' | 'triggerPrice' | 'positionSide' | 'account'>, amount: string): string {
  const side = `${order.side.padEnd(4)}${order.positionSide === null ? '' : ` ${order.positionSide.padEnd(5)}`}`;
  return `${side} ${amount.padStart(10)} ${order.type.padEnd(11)} ${(order.triggerPrice ?? 'at once').padStart(10)}  ${order.account}`;
}

function namesOf({ legs }: Pick<ExchangeOrder, 'legs'>): string {
  return legs.map(({ wallet, role, level }) => `${wallet} ${role}${level === null ? '' : ` ${level > 0 ? '+' : ''}${level}`}`).join(' + ');
}
