/** Answers as Gate's documents show them, with our ids in them. */
import type { Json } from '../../../src/domain/json.ts';
import type { WireReply } from '../../../src/ports/wire.ts';
import type { Answers } from './captured-exchange.ts';
import { CLIENT_ID } from './captured-exchange.ts';

type Row = Readonly<Record<string, Json>>;

export const failed = (label: string, message = 'no', status = 400): { readonly reply: WireReply } => ({ reply: { status, body: JSON.stringify({ label, message }) } });
export const NOT_FOUND = failed('ORDER_NOT_FOUND', 'Order not found', 404);

export const BTC: Row = {
  name: 'BTC_USDT',
  type: 'direct',
  quanto_multiplier: '0.0001',
  order_price_round: '0.1',
  order_size_min: 1,
  order_size_max: 1_000_000,
  market_order_size_max: '200000',
  order_price_deviate: '0.5',
  mark_price: '60009',
  leverage_min: '1',
  leverage_max: '125',
  enable_decimal: false,
  in_delisting: false,
  status: 'trading',
  funding_interval: 28_800,
  funding_rate: '0.0001',
};

export const ACCOUNT: Row = { total: '1000.5', unrealised_pnl: '-10.25', available: '700', cross_maintenance_margin: '9.9025', maintenance_margin: '0', position_mode: 'single', in_dual_mode: false, margin_mode: 0, currency: 'USDT' };

export const PLAN: Row = {
  id: 1_753_184,
  id_string: '1753184',
  user: 6_693_577,
  create_time: 1_724_751_378.98,
  finish_time: 0,
  trade_id: 0,
  status: 'open',
  finish_as: '',
  reason: '',
  order_type: '',
  initial: { contract: 'BTC_USDT', size: -500, price: '0', tif: 'ioc', text: `t-${CLIENT_ID}`, is_reduce_only: true, is_close: false },
  trigger: { strategy_type: 0, price_type: 0, price: '60000.1', rule: 2, expiration: 0 },
};

export const FIRED: Row = { ...PLAN, status: 'finished', finish_as: 'succeeded', finish_time: 1_724_751_400, trade_id: 680_800 };

export const CHILD: Row = {
  id: 680_800,
  create_time: 1_724_751_400,
  finish_time: 1_724_751_400.05,
  status: 'finished',
  finish_as: 'filled',
  contract: 'BTC_USDT',
  size: -500,
  left: 0,
  price: '0',
  fill_price: '59999.9',
  tif: 'ioc',
  text: 'ao-1753184',
  is_reduce_only: true,
  is_close: false,
};

export const TRADE: Row = { trade_id: '744876980', create_time: 1_724_751_400.05, contract: 'BTC_USDT', order_id: '680800', size: '-500', close_size: '-500', price: '59999.9', role: 'taker', text: 'ao-1753184', fee: '1.5' };

export const GATE_ANSWERS: Answers = {
  'GET /api/v4/futures/usdt/contracts': [BTC, { ...BTC, name: 'ETH_USDT', enable_decimal: true }],
  'GET /api/v4/spot/time': () => ({ server_time: Date.now() }),
  'GET /api/v4/futures/usdt/accounts': ACCOUNT,
  'GET /api/v4/futures/usdt/orders': [],
  'GET /api/v4/futures/usdt/price_orders': [],
  'POST /api/v4/futures/usdt/orders': { ...CHILD, id: 312_269, text: `t-${CLIENT_ID}`, left: -500, status: 'open', finish_as: '' },
  'POST /api/v4/futures/usdt/price_orders': { id: 1_753_184 },
  'GET /api/v4/account/detail': { user_id: 6_693_577, ip_whitelist: [], key: { mode: 1 } },
  [`GET /api/v4/futures/usdt/orders/t-${CLIENT_ID}`]: NOT_FOUND,
};
