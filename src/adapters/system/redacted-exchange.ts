/** An exchange whose words hold no secrets (I19): what its answers, refusals and faults say is journalled, logged and shown. */
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Exchange, ExchangeEvent, OrderRecord, TradeRecord, WriteOutcome } from '../../ports/exchange.ts';
import type { Redactor } from './redaction.ts';

export function redactedExchange(exchange: Exchange, secrets: Redactor): Exchange {
  const order = (record: OrderRecord): OrderRecord => (record.reason === null ? record : { ...record, reason: secrets.text(record.reason) });
  const trade = (record: TradeRecord): TradeRecord => (record.info === undefined ? record : { ...record, info: JSON.parse(secrets.text(JSON.stringify(record.info))) as Json });
  const event = (heard: ExchangeEvent): ExchangeEvent => {
    if (heard.type === 'order') return { ...heard, order: order(heard.order) };
    return heard.type === 'trade' ? { ...heard, trade: trade(heard.trade) } : heard;
  };
  const written = (outcome: WriteOutcome<OrderRecord>): WriteOutcome<OrderRecord> =>
    outcome.type === 'done' ? { ...outcome, value: order(outcome.value) } : { ...outcome, message: secrets.text(outcome.message) };
  return {
    capabilities: exchange.capabilities,
    fetchInstrument: (...args) => said(exchange.fetchInstrument(...args), secrets),
    fetchPrice: (...args) => said(exchange.fetchPrice(...args), secrets),
    fetchCandles: (...args) => said(exchange.fetchCandles(...args), secrets),
    fetchSettings: (...args) => said(exchange.fetchSettings(...args), secrets),
    placeOrder: async (...args) => written(await said(exchange.placeOrder(...args), secrets)),
    amendOrder: async (...args) => written(await said(exchange.amendOrder(...args), secrets)),
    cancelOrder: async (...args) => written(await said(exchange.cancelOrder(...args), secrets)),
    fetchOrder: async (...args) => {
      const record = await said(exchange.fetchOrder(...args), secrets);
      return record === null ? null : order(record);
    },
    fetchTrades: async (...args) => (await said(exchange.fetchTrades(...args), secrets)).map(trade),
    fetchSnapshot: async (...args) => {
      const snapshot = await said(exchange.fetchSnapshot(...args), secrets);
      return { ...snapshot, openOrders: snapshot.openOrders.map(order) };
    },
    fetchAccountEvents: async (...args) => (await said(exchange.fetchAccountEvents(...args), secrets)).map(event),
    subscribe: (listener) => exchange.subscribe((heard) => listener(event(heard))),
  };
}

async function said<T>(answer: Promise<T>, secrets: Redactor): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw redactedError(error, secrets);
  }
}

/** The same error without secrets in its words. Its cause is left behind: causes of ccxt hold URLs, headers and clients. */
export function redactedError(error: unknown, secrets: Redactor): Error {
  const message = secrets.text(error instanceof Error ? error.message : String(error));
  const clean = error instanceof HedgerowError ? new HedgerowError(error.code, message) : new Error(message);
  clean.name = error instanceof Error ? error.name : 'Error';
  if (error instanceof Error && error.stack !== undefined) clean.stack = secrets.text(error.stack);
  return clean;
}
