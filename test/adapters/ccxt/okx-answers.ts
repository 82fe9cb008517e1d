/** Answers as OKX's documents show them, with our ids in them. */
import type { Json } from '../../../src/domain/json.ts';
import type { Answers } from './captured-exchange.ts';
import { CLIENT_ID } from './captured-exchange.ts';

type Row = Readonly<Record<string, Json>>;

export const ok = (...data: readonly Json[]): Json => ({ code: '0', msg: '', data });
export const accepted = (row: Row): Json => ok({ sCode: '0', sMsg: '', tag: '', ...row });
export const failed = (sCode: string, sMsg: string): Json => ({ code: '1', msg: 'All operations failed', data: [{ sCode, sMsg, ordId: '', clOrdId: '' }] });
export const NOT_FOUND = failed('51603', 'Order does not exist');

export const BTC: Row = {
  instType: 'SWAP',
  instId: 'BTC-USDT-SWAP',
  uly: 'BTC-USDT',
  instFamily: 'BTC-USDT',
  baseCcy: '',
  quoteCcy: '',
  settleCcy: 'USDT',
  ctType: 'linear',
  ctVal: '0.01',
  ctMult: '1',
  ctValCcy: 'BTC',
  lever: '100',
  tickSz: '0.1',
  lotSz: '0.01',
  minSz: '0.01',
  maxMktSz: '12000',
  maxLmtSz: '100000000',
  state: 'live',
  groupId: '1',
};

export const ALGO: Row = {
  algoId: '1753184812254216192',
  algoClOrdId: CLIENT_ID,
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  ordType: 'conditional',
  side: 'sell',
  posSide: 'net',
  reduceOnly: 'true',
  state: 'live',
  sz: '5',
  slTriggerPx: '60000.1',
  slTriggerPxType: 'last',
  slOrdPx: '-1',
  triggerPx: '',
  triggerPxType: '',
  ordPx: '',
  tpTriggerPx: '',
  ordId: '',
  ordIdList: [],
  failCode: '0',
  cTime: '1724751378980',
  uTime: '1724751378980',
};

export const CHILD: Row = {
  ordId: '680800019749904384',
  clOrdId: '',
  algoId: '1753184812254216192',
  algoClOrdId: CLIENT_ID,
  category: 'normal',
  instId: 'BTC-USDT-SWAP',
  ordType: 'market',
  px: '',
  side: 'sell',
  posSide: 'net',
  reduceOnly: 'true',
  state: 'filled',
  sz: '5',
  accFillSz: '5',
  cancelSource: '',
  cTime: '1724751400000',
  uTime: '1724751400050',
};

export const FILL: Row = {
  tradeId: '744876980',
  billId: '680800019754098688',
  ordId: '680800019749904384',
  clOrdId: '',
  instId: 'BTC-USDT-SWAP',
  instType: 'SWAP',
  side: 'sell',
  posSide: 'net',
  subType: '2',
  fillPx: '59999.9',
  fillSz: '5',
  fee: '-1.4999975',
  feeCcy: 'USDT',
  execType: 'T',
  ts: '1724751400050',
};

export const OKX_ANSWERS: Answers = {
  'GET /api/v5/public/instruments': ok(BTC, { ...BTC, instId: 'ETH-USD-SWAP', uly: 'ETH-USD', settleCcy: 'ETH', ctType: 'inverse', ctValCcy: 'USD' }, { instId: 'X-USDT-SWAP', instType: 'SWAP', state: 'preopen' }),
  'GET /api/v5/public/time': () => ok({ ts: String(Date.now()) }),
  'POST /api/v5/trade/order': accepted({ ordId: '312269865356374016', clOrdId: CLIENT_ID }),
  'POST /api/v5/trade/order-algo': accepted({ algoId: '1753184812254216192', algoClOrdId: CLIENT_ID }),
};
