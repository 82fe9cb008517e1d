/** The redactor: every form of what was loaded, whatever stands after a telling name, and nothing else. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MIN_SECRET_CHARS, REDACTED, Redactor } from '../../../src/adapters/system/redaction.ts';

const SECRET = 'kA9/+nArY=5ecret value';
const HEX_KEY = '0x4c0883A69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';

function knowing(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  redactor.add(secrets);
  return redactor;
}

describe('what was loaded', () => {
  const bytes = Buffer.from(SECRET);
  test.each<[string, string]>([
    ['as it is', `before ${SECRET} after`],
    ['in other case', SECRET.toUpperCase()],
    ['URL-encoded', `https://x/?p=${encodeURIComponent(SECRET)}&q=1`],
    ['as a form field', new URLSearchParams({ p: SECRET }).toString()],
    ['in JSON', JSON.stringify({ a: SECRET })],
    ['in JSON within JSON', JSON.stringify({ a: JSON.stringify({ b: SECRET }) })],
    ['inspected', inspect({ a: { b: SECRET } })],
    ['in base64', bytes.toString('base64')],
    ['in URL-safe base64', bytes.toString('base64url')],
    ['in base64 behind a user name', `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`],
    ['in base64 between others', Buffer.from(`xy${SECRET}z`).toString('base64')],
    ['in hexadecimal', bytes.toString('hex')],
    ['in capital hexadecimal', bytes.toString('hex').toUpperCase()],
  ])('%s', (_, text) => {
    const shown = knowing(SECRET).text(text);
    expect(shown).toContain(REDACTED);
    expect(shown.toLowerCase()).not.toMatch(/ka9|5ecret|bmfy|tkfy|k25hclk/i);
  });

  test('a private key with and without 0x, in other case, and as bytes', () => {
    const redactor = knowing(HEX_KEY);
    const bare = HEX_KEY.slice(2);
    for (const text of [HEX_KEY, bare, bare.toUpperCase(), Buffer.from(bare, 'hex').toString('base64')]) expect(redactor.text(`x ${text} y`)).toMatch(/^x \[secret\](?:.=)? y$/);
  });

  test('a key of several lines, also when a tool prints it line by line', () => {
    const lines = ['MC4CAQAwBQYDK2VwBCIEIHcanaryAAAA', 'BBBBcanaryBBBBBBBBBBBBBBBBBB'];
    const pem = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
    const redactor = knowing(pem);
    for (const text of [pem, JSON.stringify(pem), inspect({ secret: pem }), lines[1] ?? '']) expect(redactor.text(text)).not.toContain('canary');
  });

  test('a secret that is the beginning of another one does not leave its rest behind', () => {
    expect(knowing('canary-one', 'canary-one-and-more').text('canary-one-and-more')).toBe(REDACTED);
  });

  test('any secret of enough characters, anywhere in any JSON, which stays JSON', () => {
    fc.assert(
      fc.property(fc.string({ minLength: MIN_SECRET_CHARS, maxLength: 80, unit: 'grapheme-ascii' }), fc.string(), fc.string(), (secret, before, after) => {
        const text = JSON.stringify({ list: [{ field: `${before}${secret}${after}` }], n: 1 });
        const shown = knowing(secret).text(text);
        const found = JSON.parse(shown) as { list: { field: string }[] };
        expect(found.list[0]?.field).not.toContain(secret);
      }),
    );
  });
});

describe('what stands after a telling name', () => {
  test.each<[string, string]>([
    ['GET https://h/fapi/v1/order?symbol=BTCUSDT&timestamp=1&signature=deadbeef00&x=1', 'GET https://h/fapi/v1/order?symbol=BTCUSDT&timestamp=1&signature=[secret]&x=1'],
    ['?sign=abc&api_key=def', '?sign=[secret]&api_key=[secret]'],
    ['wss://h/private/ws?listenKey=pqia91', 'wss://h/private/ws?listenKey=[secret]'],
    ['{"listenKey":"pqia91"}', '{"listenKey":"[secret]"}'],
    ["{ 'X-MBX-APIKEY': 'abc', 'Content-Type': 'x' }", "{ 'X-MBX-APIKEY': '[secret]', 'Content-Type': 'x' }"],
    ['X-BAPI-API-KEY: abc\r\nX-BAPI-SIGN: def\r\nX-BAPI-TIMESTAMP: 1', 'X-BAPI-API-KEY: [secret]\r\nX-BAPI-SIGN: [secret]\r\nX-BAPI-TIMESTAMP: 1'],
    ['{"OK-ACCESS-KEY":"a","OK-ACCESS-SIGN":"b==","OK-ACCESS-PASSPHRASE":"my words","OK-ACCESS-TIMESTAMP":"1"}', '{"OK-ACCESS-KEY":"[secret]","OK-ACCESS-SIGN":"[secret]","OK-ACCESS-PASSPHRASE":"[secret]","OK-ACCESS-TIMESTAMP":"1"}'],
    ['{"KEY":"abc","Timestamp":"1","SIGN":"def"}', '{"KEY":"[secret]","Timestamp":"1","SIGN":"[secret]"}'],
    ['Authorization: Bearer abc.def', 'Authorization: [secret]'],
    ['{"authorization":"Basic abc=="}', '{"authorization":"[secret]"}'],
    ['{"text":"{\\"signature\\":\\"abc\\"}"}', '{"text":"{\\"signature\\":\\"[secret]\\"}"}'],
    [`{"r":"0x${'a'.repeat(64)}","s":"0x${'b'.repeat(63)}","v":27}`, '{"r":"[secret]","s":"[secret]","v":27}'],
    ["  secret: 'abc',\n  apiKey: 'def',", "  secret: '[secret]',\n  apiKey: '[secret]',"],
    ['postgres://me:hidden@host:5432/db', 'postgres://me:[secret]@host:5432/db'],
  ])('%s', (text, shown) => {
    expect(new Redactor().text(text)).toBe(shown);
    expect(new Redactor().text(shown)).toBe(shown);
  });

  test.each([
    'f.yaml:7:24: exchange.apiKey: found a key that names a credential',
    'the signature is wrong; sign again. A token is missing, and the key: none',
    '{"symbol":"BTC/USDT:USDT","sides":["buy"],"seq":12,"r":"0x12"}',
    'https://host:8080/a:b@c',
    'design=1&resign=2',
  ])('leaves alone: %s', (text) => {
    expect(new Redactor().text(text)).toBe(text);
  });
});

test('a long text is looked through in time', () => {
  const redactor = knowing(SECRET, HEX_KEY);
  const startedAt = performance.now();
  for (const piece of ['signature=', 'x-', '://a:', 'Authorization: ', '\\\\\\"', '"r":"0x', 'kA9']) redactor.text(piece.repeat(200_000 / piece.length));
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
