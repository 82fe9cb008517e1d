/**
 * `schemas/strategy.schema.json` is current, describes everything, and agrees with the reader.
 * To write it anew: UPDATE_SCHEMA=1 npm test -- strategy-schema
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { strategySchemaText } from '../../../src/adapters/yaml/generate-schema.ts';
import { parseStrategy } from '../../../src/adapters/yaml/load-strategy.ts';
import { EXAMPLES, MINIMAL, withLine } from './strategy-texts.ts';

const FILE = new URL('../../../schemas/strategy.schema.json', import.meta.url);

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}
const KEYWORDS_WITHOUT_EFFECT = ['$schema', 'title', 'description', 'default', 'examples'];
const KEYWORDS_CHECKED = ['type', 'const', 'enum', 'anyOf', 'properties', 'required', 'additionalProperties', 'items', 'pattern', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems', 'minProperties', 'maxProperties'];

const schema = JSON.parse(strategySchemaText()) as Schema;

function typesOf(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  return typeof value === 'number' ? (Number.isInteger(value) ? ['number', 'integer'] : ['number']) : [typeof value];
}

/** A JSON Schema validator for the keywords the file uses; the first fault, or null. */
function fault(rule: Schema, value: unknown, path = '$'): string | null {
  const types = rule.type === undefined ? null : [rule.type].flat();
  if (types !== null && !typesOf(value).some((each) => types.includes(each))) return `${path} is no ${types.join(' or ')}`;
  if ('const' in rule && value !== rule.const) return `${path} is not ${String(rule.const)}`;
  if (rule.enum !== undefined && !rule.enum.includes(value)) return `${path} is not in the list`;
  if (rule.anyOf !== undefined && rule.anyOf.every((each) => fault(each, value, path) !== null)) return `${path} matches no alternative`;
  if (typeof value === 'string' && rule.pattern !== undefined && !new RegExp(rule.pattern, 'u').test(value)) return `${path} does not match ${rule.pattern}`;
  if (typeof value === 'number') {
    if (rule.minimum !== undefined && value < rule.minimum) return `${path} is too small`;
    if (rule.maximum !== undefined && value > rule.maximum) return `${path} is too large`;
    if (rule.exclusiveMinimum !== undefined && value <= rule.exclusiveMinimum) return `${path} is too small`;
    if (rule.exclusiveMaximum !== undefined && value >= rule.exclusiveMaximum) return `${path} is too large`;
  }
  if (Array.isArray(value)) return faultOfList(rule, value, path);
  return typeof value === 'object' && value !== null ? faultOfBlock(rule, value as Record<string, unknown>, path) : null;
}

function faultOfList(rule: Schema, values: readonly unknown[], path: string): string | null {
  if (rule.minItems !== undefined && values.length < rule.minItems) return `${path} has too few items`;
  if (rule.maxItems !== undefined && values.length > rule.maxItems) return `${path} has too many items`;
  const { items } = rule;
  return items === undefined ? null : (values.map((value, index) => fault(items, value, `${path}[${index}]`)).find((each) => each !== null) ?? null);
}

function faultOfBlock(rule: Schema, block: Readonly<Record<string, unknown>>, path: string): string | null {
  const keys = Object.keys(block);
  if (rule.minProperties !== undefined && keys.length < rule.minProperties) return `${path} has too few keys`;
  if (rule.maxProperties !== undefined && keys.length > rule.maxProperties) return `${path} has too many keys`;
  const missing = rule.required?.find((key) => !keys.includes(key));
  if (missing !== undefined) return `${path}.${missing} is missing`;
  for (const key of keys) {
    const inner = rule.properties?.[key];
    if (inner === undefined && rule.additionalProperties === false) return `${path}.${key} is unknown`;
    const found = inner === undefined ? null : fault(inner, block[key], `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function everyRule(rule: Schema, path: string, visit: (rule: Schema, path: string, isProperty: boolean) => void, isProperty = false): void {
  visit(rule, path, isProperty);
  for (const [key, inner] of Object.entries(rule.properties ?? {})) everyRule(inner, `${path}.${key}`, visit, true);
  for (const inner of rule.anyOf ?? []) everyRule(inner, path, visit);
  if (rule.items !== undefined) everyRule(rule.items, `${path}[]`, visit);
}

test('the file is what the generator makes', () => {
  if (process.env['UPDATE_SCHEMA'] !== undefined) writeFileSync(FILE, strategySchemaText());
  expect(readFileSync(FILE, 'utf8'), 'schemas/strategy.schema.json is stale: UPDATE_SCHEMA=1 npm test -- strategy-schema').toBe(strategySchemaText());
});

test('every key is described, and every keyword is one this test understands', () => {
  everyRule(schema, '$', (rule, path, isProperty) => {
    if (isProperty) expect(rule.description, path).toMatch(/\.$/);
    expect(Object.keys(rule).filter((key) => !KEYWORDS_CHECKED.includes(key) && !KEYWORDS_WITHOUT_EFFECT.includes(key)), path).toEqual([]);
  });
});

test('defaults and examples in the schema are valid by the schema', () => {
  everyRule(schema, '$', (rule, path) => {
    for (const example of [...(rule.examples ?? []), ...('default' in rule ? [rule.default] : [])]) expect(fault(rule, example, path)).toBeNull();
  });
});

test('examples are shown', () => {
  const { symbol, wallets, unit } = schema.properties ?? {};
  expect([symbol?.examples?.[0], wallets?.properties?.['long']?.properties?.['capital']?.examples, unit?.properties?.['percent']?.examples?.[0]]).toEqual(['BTC/USDT:USDT', [5000], '1%']);
});

test('money and counts show their defaults as numbers', () => {
  const wallet = schema.properties?.['wallets']?.properties?.['hedge']?.properties;
  expect([wallet?.['capital']?.default, wallet?.['fragments']?.default, wallet?.['confirmation']?.default, wallet?.['cycle']?.default]).toEqual([1000, 4, 1, 'rotation']);
  expect(schema.properties?.['exchange']?.properties?.['market']?.properties?.['takerFee']?.default).toBe('0.05%');
});

describe('the example files are valid by the JSON Schema', () => {
  test.each(EXAMPLES)('%s', (_fileName, text) => {
    expect(fault(schema, parse(text))).toBeNull();
  });
});

/** Texts on which editor and reader must agree. Rules over several values are the reader's alone. */
const ACCEPTED = [
  MINIMAL,
  withLine('leverage: "2.5"'),
  withLine('leverage: 200'),
  withLine('wallets: { long: { capital: "100.10", fragments: 1 } }'),
  withLine('wallets: { hedge: { fragments: [50%, 50 %] } }'),
  withLine('unit: { price: 0.5 }'),
  withLine('symbol: 1000PEPE/USDT:USDT'),
  `${MINIMAL}exchange: { id: bybit, sandbox: true, urls: { rest: http://localhost:1, stream: wss://stream.example }, proxy: { socksProxy: socks5://h:1 }, options: { a: { b: [1] } } }\n`,
  `${MINIMAL}exchange: { id: bybit, demo: false, urls: , proxy: , options: }\n`,
  `${MINIMAL}reset: { policy: independent }\nrisk:\nwindows:\n  cover:\n`,
];
const REFUSED = [
  withLine('version: 2'),
  withLine('name: A'),
  withLine('symbol: BTC/USDT'),
  withLine('leverage: 0'),
  withLine('leverage: 201'),
  withLine('leverage: 3x'),
  withLine('unit: {}'),
  withLine('unit: { percent: 1 }'),
  withLine('unit: { percent: 1%, price: 1 }'),
  withLine('unit: { atr: { length: 1, timeframe: 1h, multiple: 1 } }'),
  withLine('wallets: {}'),
  withLine('wallets: { hedge: { fragments: 51 } }'),
  withLine('wallets: { hedge: { fragments: [] } }'),
  withLine('wallets: { hedge: { fragments: [50, 50] } }'),
  withLine('wallets: { hedge: { capital: "1e3" } }'),
  withLine('wallets: { hedge: { confirmation: 3 } }'),
  withLine('wallets: { long: { cycle: rotation } }'),
  `${MINIMAL}reset: sometimes\n`,
  `${MINIMAL}windows: { cover: { onGap: skip } }\n`,
  `${MINIMAL}risk: { maxDrawdown: 25% }\n`,
  `${MINIMAL}leveridge: 3\n`,
  `${MINIMAL}exchange: { id: bybit, sandbox: 1 }\n`,
  `${MINIMAL}exchange: { id: bybit, urls: { rest: https://gateway.example/v5 } }\n`,
  `${MINIMAL}exchange: { id: bybit, urls: { stream: https://gateway.example } }\n`,
  `${MINIMAL}exchange: { id: bybit, proxy: { httpProxy: 127.0.0.1:3128 } }\n`,
  `${MINIMAL}exchange: { id: bybit, proxy: { proxyUrl: http://127.0.0.1:3128 } }\n`,
  `${MINIMAL}exchange: { id: bybit, options: [a] }\n`,
];

test.each(ACCEPTED)('accepted by both: %s', (text) => {
  expect(fault(schema, parse(text))).toBeNull();
  expect(parseStrategy(text, 'f.yaml').version).toBe(1);
});

test.each(REFUSED)('refused by both: %s', (text) => {
  expect(fault(schema, parse(text))).not.toBeNull();
  expect(() => parseStrategy(text, 'f.yaml')).toThrow('f.yaml:');
});
