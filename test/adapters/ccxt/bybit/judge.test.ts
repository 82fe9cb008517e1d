/** What Bybit's answers mean: refusals by listed retCode only, everything else leaves the fate open (I18). */
import { describe, expect, test } from 'vitest';
import { bybit } from '../../../../src/adapters/ccxt/bybit/bybit.ts';
import type { Answer } from '../../../../src/adapters/ccxt/rest-client.ts';
import type { Json } from '../../../../src/domain/json.ts';

function answer(json: Json | undefined, more: Partial<Answer> = {}): Answer {
  return { type: 'answer', status: 200, json, text: JSON.stringify(json) ?? '', retryAfterMs: null, headers: {}, ...more };
}
function said(retCode: number | string, retMsg = 'as documented', more: Partial<Answer> = {}): Answer {
  return answer({ retCode, retMsg, result: {}, retExtInfo: {}, time: 1_000_000 }, more);
}

describe('refused', () => {
  test.each([
    [10002, '', 'CLOCK_SKEW'],
    [10003, '', 'BAD_REQUEST'],
    [10004, '', 'BAD_REQUEST'],
    [10014, '', 'DUPLICATE_CLIENT_ORDER_ID'],
    [10032, '', 'BAD_REQUEST'],
    [110001, '', 'ORDER_NOT_FOUND'],
    [110007, '', 'INSUFFICIENT_MARGIN'],
    [110009, '', 'MAX_CONDITIONAL_ORDERS'],
    [110017, '', 'REDUCE_ONLY_REJECTED'],
    [110020, '', 'MAX_OPEN_ORDERS'],
    [110064, '', 'ORDER_NOT_AMENDABLE'],
    [110066, '', 'MARKET_HALTED'],
    [110072, '', 'DUPLICATE_CLIENT_ORDER_ID'],
    [110092, '', 'WOULD_TRIGGER_IMMEDIATELY'],
    [110093, '', 'WOULD_TRIGGER_IMMEDIATELY'],
    [110094, '', 'MIN_COST'],
    [10001, 'position idx not match position mode', 'POSITION_SIDE_MISMATCH'],
    [10001, 'Qty invalid', 'AMOUNT_OFF_STEP'],
    [10001, 'The number of contracts exceeds minimum limit allowed', 'MIN_AMOUNT'],
    [10001, 'params error: symbol invalid BTCUSDTX', 'UNKNOWN_SYMBOL'],
    [10001, 'a text nobody has seen', 'BAD_REQUEST'],
  ])('%s %s: %s', (retCode, retMsg, code) => {
    expect(bybit.judge(said(retCode, retMsg))).toMatchObject({ type: 'refused', code, message: expect.stringContaining(String(retCode)) });
  });

  test('for its rate, until the limit is reset', () => {
    const resets = { headers: { 'x-bapi-limit-reset-timestamp': '1000750' } };
    expect(bybit.judge(said(10006, 'Too many visits!', resets))).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 750 });
    expect(bybit.judge(said(10018, 'Exceeded the IP Rate Limit.'))).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_000 });
    expect(bybit.judge(answer(undefined, { status: 403, text: '<html>access too frequent</html>' }))).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 600_000 });
    expect(bybit.judge(answer(undefined, { status: 429, text: '', retryAfterMs: 3_000 }))).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 3_000 });
  });
});

describe('unknown', () => {
  test.each([10000, 10016, 10019, 429, -1, 131200, 170218, 999999])('retCode %s', (retCode) => {
    expect(bybit.judge(said(retCode))).toMatchObject({ type: 'unknown' });
  });

  test.each<[string, Answer]>([
    ['a gateway repeats a refusal', said(110007, 'ab not enough for new order', { status: 502 })],
    ['a page of somebody', answer(undefined, { text: '<html></html>' })],
    ['a page with another status', answer(undefined, { status: 403, text: '<html>blocked</html>' })],
    ['nothing', answer(undefined)],
    ['an empty object', answer({})],
    ['a list', answer([])],
    ['a text in the place of an object', answer('0')],
    ['no such path', answer({ retCode: 10017 }, { status: 404 })],
  ])('%s', (_, given) => {
    expect(bybit.judge(given)).toMatchObject({ type: 'unknown' });
  });
});

test('only retCode 0 is done, whatever its type', () => {
  expect(bybit.judge(said(0))).toMatchObject({ type: 'ok' });
  expect(bybit.judge(said('0'))).toMatchObject({ type: 'ok' });
});
