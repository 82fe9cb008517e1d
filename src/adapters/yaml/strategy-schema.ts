/**
 * The strategy file's format: ONE schema, from which validation, defaults and `schemas/strategy.schema.json` come.
 * It runs over the tree of yaml-tree.ts, in which every scalar is text; what concerns more than one value is in strategy-rules.ts.
 * The message of an issue is what was expected; load-strategy.ts adds the place and what was found.
 */
import { z } from 'zod';
import type { DecimalString } from '../../domain/decimal.ts';
import { D, plain, sum } from '../../domain/decimal.ts';
import type { Json } from '../../domain/json.ts';
import { EXCHANGE_IDS, REST_PROXIES, STREAM_PROXIES, type ProxySetting, type Weight } from '../../domain/strategy.ts';
import { NUMBER_PATTERN, WHOLE_PATTERN, fractionOfPercent, readNumber, readPercent, readWhole, type Bounds, type Reading } from './number-text.ts';
import { optionValue } from './option-rules.ts';
import { didYouMean, foundText } from './problems.ts';
import type { Tree } from './yaml-tree.ts';

/** 1/50 of a wallet is near the smallest order of most markets; every rung is a resting order, and exchanges cap those. */
export const MAX_FRAGMENTS = 50;
/** The highest leverage any of the exchanges offers. */
export const MAX_LEVERAGE = 200;
export const TIMEFRAMES = ['1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d'] as const;
export const UNIT_FORMS = ['price', 'percent', 'margin', 'atr'] as const;
export const DEFAULT_FRAGMENTS = 4;
/** Default of the simulated market's minAmount, or amountStep where that is larger. */
export const DEFAULT_MIN_AMOUNT = '0.0001';
export const DEFAULT_AMOUNT_STEP = '0.0001';

const MAX_NAME_CHARS = 40;
const NAME_PATTERN = `[a-z0-9-]{1,${MAX_NAME_CHARS}}`;
/** ccxt's unified symbol of a linear swap. That SETTLE equals QUOTE is checked besides. */
const SYMBOL_PATTERN = '[^\\s/:a-z"\'\\\\\\u0000-\\u001f]{1,40}/([A-Z0-9]{1,20}):([A-Z0-9]{1,20})';
const MAX_ADVANCE_UNITS = 100_000;

/** Keywords for the JSON Schema. Examples are `written`, because zod drops `examples` of values that are transformed. */
type JsonMeta = Readonly<Record<string, unknown>>;

// ---- blocks ------------------------------------------------------------------------------------------------------------

interface BlockInfo {
  readonly keys: readonly string[];
  /** For keys that are wrong here for a reason worth telling. */
  readonly hints: Readonly<Record<string, string>>;
}
const BLOCKS = new Map<string, BlockInfo>();

/** Message of an unknown key; `label` is the message of zod's issue, see `block`. */
export function unknownKeyMessage(label: string, key: string): string {
  const info = BLOCKS.get(label);
  const found = `unknown key ${foundText(key)}`;
  if (info === undefined) return found;
  const allowed = `allowed ${label}: ${info.keys.join(', ')}`;
  if (Object.hasOwn(info.hints, key)) return `${found}; ${info.hints[key]}; ${allowed}`;
  if (/^[0-9]+$/.test(key)) return `${found}; a comma ends a number here, write it without separators; ${allowed}`;
  const meant = didYouMean(key, info.keys);
  return meant === '' ? `${found}${elsewhere(label, key)}; ${allowed}` : `${found}${meant} ${allowed}`;
}

/** Where a key of another block belongs. */
function elsewhere(label: string, key: string): string {
  const homes = [...BLOCKS].filter(([other, info]) => other !== label && info.keys.includes(key)).map(([other]) => other);
  return homes.length === 0 || homes.length > 2 ? '' : `; it belongs ${homes.join(' or ')}`;
}

interface BlockNotes {
  readonly hints?: Readonly<Record<string, string>>;
  readonly example?: string;
}

/** A closed block: unknown keys are errors. `label` says where it is: `in exchange`, `under wallets`. */
function block<Shape extends z.ZodRawShape>(label: string, shape: Shape, notes: BlockNotes = {}) {
  const keys = Object.keys(shape);
  BLOCKS.set(label, { keys, hints: notes.hints ?? {} });
  const expected = notes.example === undefined ? `a block of ${keys.join(', ')}` : `a block such as ${notes.example}`;
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? label : expected) });
}

/** A block of which everything has a default: it may be missing or empty. */
function section<Block extends z.ZodObject>(of: Block, description: string) {
  return z
    .preprocess((value) => (value === null ? {} : value), of.meta({ type: ['object', 'null'] }))
    .prefault({} as never)
    .meta({ description });
}

// ---- values ------------------------------------------------------------------------------------------------------------

/** A scalar read from its text. `expected` completes "found …, expected …". */
function scalar<T>(expected: string, read: (text: string) => Reading<T>, json: JsonMeta) {
  return z
    .string({ error: () => expected })
    .transform((text, context): T => {
      const reading = read(text);
      if (reading.ok) return reading.value;
      context.issues.push({ code: 'custom', input: text, message: reading.remedy === '' ? expected : `${expected}; ${reading.remedy}` });
      return z.NEVER;
    })
    .meta(json);
}

/** The same bounds for a number written without quotes, as editors see it. */
function jsonBounds(bounds: Bounds): JsonMeta {
  return {
    ...(bounds.above === undefined ? {} : { exclusiveMinimum: Number(bounds.above) }),
    ...(bounds.atLeast === undefined ? {} : { minimum: Number(bounds.atLeast) }),
    ...(bounds.below === undefined ? {} : { exclusiveMaximum: Number(bounds.below) }),
    ...(bounds.atMost === undefined ? {} : { maximum: Number(bounds.atMost) }),
  };
}

function number(expected: string, bounds: Bounds, description: string, examples: readonly number[]) {
  return scalar<DecimalString>(expected, (text) => readNumber(text, bounds), {
    description,
    type: ['number', 'string'],
    pattern: `^${NUMBER_PATTERN}$`,
    ...jsonBounds(bounds),
    written: examples,
  });
}

function whole(expected: string, min: number, max: number, description: string, examples: readonly number[]) {
  return scalar<number>(expected, (text) => readWhole(text, min, max), {
    description,
    type: ['integer', 'string'],
    pattern: `^${WHOLE_PATTERN}$`,
    minimum: min,
    maximum: max,
    written: examples,
  });
}

function percentText(bounds: Bounds): string {
  const from = bounds.above === undefined ? `from ${bounds.atLeast ?? '0'}%` : `above ${bounds.above}%`;
  const to = bounds.below === undefined ? `up to ${bounds.atMost ?? '100'}%` : `below ${bounds.below}%`;
  return `${from} and ${to}`;
}

/** A fraction written with `%`; its value is the exact fraction. Bounds in percent. */
function fraction(bounds: Bounds, description: string, examples: readonly string[]) {
  return scalar<DecimalString>(
    `a fraction written with %, ${percentText(bounds)}`,
    (text) => {
      const percent = readPercent(text, bounds);
      return percent.ok ? { ok: true, value: fractionOfPercent(percent.value) } : percent;
    },
    { description, type: 'string', pattern: `^${NUMBER_PATTERN} ?%$`, written: examples },
  );
}

function choice<const Values extends readonly [string, ...string[]]>(values: Values, description: string) {
  return z
    .enum(values, {
      error: (issue) => `one of ${values.join(', ')}${typeof issue.input === 'string' ? didYouMean(issue.input, values) : ''}`,
    })
    .meta({ description });
}

function name(what: string, description: string, examples: readonly string[]) {
  const pattern = new RegExp(`^${NAME_PATTERN}$`);
  const expected = `${what} of 1 to ${MAX_NAME_CHARS} characters from a-z, 0-9 and -`;
  return scalar<string>(expected, (text) => (pattern.test(text) ? { ok: true, value: text } : { ok: false, remedy: nameRemedy(text) }), {
    description,
    type: 'string',
    pattern: pattern.source,
    written: examples,
  });
}

function nameRemedy(text: string): string {
  const tidy = text.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, MAX_NAME_CHARS);
  return tidy === '' || tidy === text ? '' : `write ${tidy}`;
}

const symbolPattern = new RegExp(`^${SYMBOL_PATTERN}$`);

function readSymbol(text: string): Reading<string> {
  const [, quote, settle] = symbolPattern.exec(text) ?? [];
  if (quote !== undefined && quote === settle) return { ok: true, value: text };
  return { ok: false, remedy: symbolRemedy(text, quote, settle) };
}

function symbolRemedy(text: string, quote: string | undefined, settle: string | undefined): string {
  if (quote !== undefined && settle !== undefined) return `this one settles in ${settle} (inverse); only linear swaps are traded, SETTLE must equal QUOTE`;
  const upper = text.toUpperCase();
  if (upper !== text && readSymbol(upper).ok) return `write ${upper}`;
  if (/:[A-Z0-9]+-[0-9]{6}/.test(text)) return 'this one is a dated future or an option';
  const spot = /^([A-Z0-9]+)\/([A-Z0-9]+)$/.exec(upper);
  if (spot !== null) return `this one is a spot market; the swap is ${spot[1]}/${spot[2]}:${spot[2]}`;
  const joined = /^([A-Z0-9]{2,})[-_]?(USDT|USDC)(?:[-_]?(?:PERP|SWAP))?$/.exec(upper);
  return joined === null ? '' : `write ${joined[1]}/${joined[2]}:${joined[2]}`;
}

// ---- fragments ---------------------------------------------------------------------------------------------------------

const FRAGMENTS_EXPECTED = `a whole number from 1 to ${MAX_FRAGMENTS}, or a list of percentages such as [40%, 30%, 20%, 10%]`;

const fragmentCount = scalar<readonly Weight[]>(
  FRAGMENTS_EXPECTED,
  (text) => {
    const count = readWhole(text, 1, MAX_FRAGMENTS);
    if (!count.ok) return count;
    return { ok: true, value: Array.from({ length: count.value }, () => ({ numerator: '1', denominator: String(count.value) })) };
  },
  { description: 'That many equal fragments.', type: ['integer', 'string'], pattern: `^${WHOLE_PATTERN}$`, minimum: 1, maximum: MAX_FRAGMENTS },
);

const WEIGHT_BOUNDS: Bounds = { above: '0', atMost: '100' };
const fragmentWeight = scalar<DecimalString>(`a fraction written with %, ${percentText(WEIGHT_BOUNDS)}`, (text) => readPercent(text, WEIGHT_BOUNDS), {
  description: 'Share of this fragment.',
  type: 'string',
  pattern: `^${NUMBER_PATTERN} ?%$`,
  written: ['40%', '12.5%'],
});

const fragmentList = z
  .array(fragmentWeight, { error: () => FRAGMENTS_EXPECTED })
  .min(1, { error: () => FRAGMENTS_EXPECTED, abort: true })
  .max(MAX_FRAGMENTS, { error: () => `at most ${MAX_FRAGMENTS} fragments`, abort: true })
  .superRefine((percents, context) => {
    const total = sum(percents.map((percent) => new D(percent)));
    if (total.equals(100)) return;
    context.addIssue({ code: 'custom', message: `weights that sum to exactly 100%, these sum to ${plain(total)}%; for equal fragments write their number` });
  })
  .transform((percents): readonly Weight[] => percents.map((numerator) => ({ numerator, denominator: '100' })))
  .meta({ description: 'One weight per fragment, from the top rung down. They sum to exactly 100%.' });

function fragments() {
  return z
    .union([fragmentCount, fragmentList], { error: () => FRAGMENTS_EXPECTED })
    .prefault(String(DEFAULT_FRAGMENTS))
    .meta({
      description: `The wallet's rungs: a number of equal fragments (1 to ${MAX_FRAGMENTS}), or a list of weights from the top rung down that sum to 100%.`,
      written: [4, ['40%', '30%', '20%', '10%']],
    });
}

// ---- the file ----------------------------------------------------------------------------------------------------------

const TRIGGER_EXAMPLE = 'last: trades; mark: the mark price, calmer; index: the spot index.';
const triggerBy = (description: string) => choice(['last', 'mark', 'index'], `${description} ${TRIGGER_EXAMPLE}`);
const account = (description: string) => name('an account name', description, ['main', 'hedge']);
const stepNumber = (what: string, description: string, examples: readonly number[]) => number(`${what} above 0, in digits`, { above: '0' }, description, examples);
const FEE_BOUNDS: Bounds = { atLeast: '0', below: '100' };

const market = section(
  block('in exchange.market', {
    tickSize: stepNumber('a price step', 'Price step in quote currency.', [0.1, 0.01]).prefault('0.1'),
    significantFigures: whole(
      'a whole number of figures from 1 to 20',
      1,
      20,
      'Most significant figures of a price that is no whole number; tickSize is then a power of ten. Left out: every price has the same tick.',
      [5],
    ).optional(),
    amountStep: stepNumber('an amount step', 'Amount step in base currency.', [0.001]).prefault(DEFAULT_AMOUNT_STEP),
    minAmount: stepNumber(
      'a smallest amount',
      `Smallest order in base currency, at least amountStep. Default: ${DEFAULT_MIN_AMOUNT}, or amountStep where that is larger.`,
      [0.001],
    ).optional(),
    minCost: number('an amount of quote currency from 0', { atLeast: '0' }, 'Smallest order in quote currency.', [5]).prefault('5'),
    takerFee: fraction(FEE_BOUNDS, 'Fee of market orders and triggered stops, as a fraction of their cost.', ['0.05%']).prefault('0.05%'),
    makerFee: fraction(FEE_BOUNDS, 'Fee of limit orders that rest, as a fraction of their cost.', ['0.02%']).prefault('0.02%'),
    slippage: fraction(FEE_BOUNDS, 'How far behind the price a market order fills, as a fraction of the price.', ['0%', '0.02%']).prefault('0%'),
  }),
  'The simulated market. Only with id simulated; real exchanges bring their own limits and fees.',
);

const isTrue = (description: string) =>
  scalar<boolean>('true or false', (text) => (text === 'true' || text === 'false' ? { ok: true, value: text === 'true' } : { ok: false, remedy: '' }), { description, type: 'boolean' }).prefault('false');

/** An address without path. Plain connections only within this machine: requests carry signatures. */
function origin(schemes: readonly [plain: string, secure: string], description: string, example: string) {
  const expected = `an address such as ${example}, without path, and unencrypted only on this machine`;
  return scalar<string>(expected, (text) => readOrigin(text, schemes), { description, type: 'string', pattern: `^(?:${schemes.join('|')})://[^/?#@\\s]+/?$`, written: [example] });
}

const THIS_MACHINE = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

function readOrigin(text: string, [plainScheme, secureScheme]: readonly [string, string]): Reading<string> {
  const refused = { ok: false, remedy: '' } as const;
  if (!URL.canParse(text)) return refused;
  const { protocol, hostname, pathname, search, hash, username, password, host } = new URL(text);
  if (pathname.replace('/', '') !== '' || `${search}${hash}${username}${password}` !== '' || hostname === '') return refused;
  if (protocol === `${secureScheme}:`) return { ok: true, value: `${secureScheme}://${host}` };
  if (protocol !== `${plainScheme}:`) return refused;
  return THIS_MACHINE.test(hostname) ? { ok: true, value: `${plainScheme}://${host}` } : { ok: false, remedy: `write ${secureScheme}://${host}` };
}

const PROXY_SCHEMES: Readonly<Record<ProxySetting, string>> = { httpProxy: 'http', httpsProxy: 'https?', socksProxy: 'socks5?', wssProxy: 'https?', wsSocksProxy: 'socks5?' };

function proxyKeys() {
  return Object.fromEntries(
    [...REST_PROXIES, ...STREAM_PROXIES].map((key) => {
      const pattern = `^${PROXY_SCHEMES[key]}://[^/?#@\\s]+$`;
      const example = PROXY_SCHEMES[key].startsWith('socks') ? 'socks5://127.0.0.1:1080' : 'http://127.0.0.1:3128';
      const read = (text: string): Reading<string> => (new RegExp(pattern).test(text) && URL.canParse(text) ? { ok: true, value: text } : { ok: false, remedy: '' });
      const description = `Proxy of ${REST_PROXIES.some((each) => each === key) ? 'requests' : 'streams'}, as ccxt's setting of this name; one of its kind at most.`;
      return [key, scalar<string>(`a proxy such as ${example}, without path`, read, { description, type: 'string', pattern, written: [example] }).optional()];
    }),
  ) as Record<ProxySetting, z.ZodOptional<ReturnType<typeof scalar<string>>>>;
}

const OPTIONS_EXPECTED = "a block of ccxt's options, such as { fetchMarkets: { types: [linear] } }";
const options = z
  .preprocess((value) => value ?? {}, z.record(z.string(), z.unknown(), { error: () => OPTIONS_EXPECTED }))
  .transform((tree) => optionValue(tree as Tree) as Readonly<Record<string, Json>>)
  .prefault({})
  .meta({ description: "Handed to ccxt as its options. What would undo hedgerow's own precautions is refused, and so is anything that names a credential.", type: ['object', 'null'] });

const exchange = section(
  block('in exchange', {
    id: choice(EXCHANGE_IDS, 'Where the strategy trades. simulated needs no account and no network.').prefault('simulated'),
    account: account('Which credentials to use; a wallet may name its own.').prefault('main'),
    positionMode: choice(['hedge', 'one-way'], 'hedge: long and short positions side by side; one-way: one net position. Default: hedge, and one-way on hyperliquid, which has no other.').optional(),
    marginMode: choice(['cross', 'isolated'], 'cross: the whole account is margin; isolated: each position has its own.').prefault('cross'),
    triggerBy: triggerBy('Which price triggers stops and moves the units.').prefault('mark'),
    market,
    sandbox: isTrue("Trade on the exchange's test network, with keys of that network. binanceusdm has demo instead."),
    demo: isTrue('Trade with paper money of the exchange beside its real markets, with keys made there: binanceusdm, bybit, bitget.'),
    urls: section(
      block('in exchange.urls', {
        rest: origin(['http', 'https'], 'Where requests go.', 'http://127.0.0.1:8080').optional(),
        stream: origin(['ws', 'wss'], 'Where streams connect.', 'ws://127.0.0.1:8080').optional(),
      }),
      "Addresses in the place of the exchange's own, for gateways and local servers.",
    ),
    proxy: section(block('in exchange.proxy', proxyKeys(), { hints: { wsProxy: 'it cannot carry the encrypted streams of exchanges, write wssProxy', proxyUrl: 'it would see what is signed, write httpsProxy' } }), 'Proxies, by their names in ccxt.'),
    options,
  }),
  'Exchange and account. Default: the simulated exchange.',
);

const UNIT_BOUNDS: Bounds = { above: '0', below: '100' };
const atr = block(
  'in unit.atr',
  {
    length: whole('a whole number of candles from 2 to 1000', 2, 1000, 'Number of candles of the average true range (Wilder).', [14]),
    timeframe: choice(TIMEFRAMES, 'Candle length.').meta({ written: ['1h'] }),
    multiple: number('a factor above 0 and up to 100', { above: '0', atMost: '100' }, 'Unit size in multiples of the ATR.', [0.5, 1]),
  },
  { example: '{ length: 14, timeframe: 1h, multiple: 0.5 }' },
);

const unit = block(
  'in unit',
  {
    price: number('a price distance above 0 in quote currency', { above: '0' }, 'A fixed price distance in quote currency.', [100]).optional(),
    percent: fraction(UNIT_BOUNDS, "A fraction of the cycle's starting price.", ['1%', '0.5%']).optional(),
    margin: fraction(UNIT_BOUNDS, 'The price distance that gains this fraction of the margin: price × fraction / leverage.', ['5%']).optional(),
    atr: atr.meta({ description: 'A multiple of the average true range at the start of the cycle.' }).optional(),
  },
  { hints: { leverage: 'leverage stands at the top level of the file' }, example: '{ percent: 1% }, with exactly one of price, percent, margin, atr' },
).meta({
  description: 'Price distance of one unit, measured again at the start of each cycle. Exactly one of price, percent, margin, atr.',
  minProperties: 1,
  maxProperties: 1,
  written: [{ percent: '1%' }, { price: 100 }, { margin: '5%' }, { atr: { length: 14, timeframe: '1h', multiple: 0.5 } }],
});

const policy = (description: string) => choice(['independent', 'joint'], description);
const RESET_EXPECTED = 'independent, joint, or a block { policy: independent, onAdvance: 20 }';
const resetBlock = block('in reset', {
  policy: policy('When a cycle ends.').prefault('independent'),
  onAdvance: whole(
    `a whole number of units from 1 to ${MAX_ADVANCE_UNITS}`,
    1,
    MAX_ADVANCE_UNITS,
    'Also re-anchor after this many units of uninterrupted advance. Default: never.',
    [20],
  ).optional(),
});
const reset = z
  .union([policy('When a cycle ends.').transform((value) => ({ policy: value, onAdvance: undefined })), resetBlock], { error: () => RESET_EXPECTED })
  .prefault('independent')
  .meta({
    description:
      'When wallets start a new cycle and re-anchor. independent: each wallet when its own rungs are all back. joint: all wallets together, only with a scaling hedge wallet.',
    written: ['independent', 'joint', { policy: 'independent', onAdvance: 20 }],
  });

const WALLET_HINTS = { cash: 'the money of a wallet is its capital', weights: 'weights are written under fragments', leverage: 'leverage stands at the top level of the file' };

/** Built per wallet, because each default is its own. */
function walletKeys() {
  return {
    capital: number('an amount of quote currency above 0 in digits, such as 5000', { above: '0' }, 'Margin of this wallet in quote currency. Its position is capital × leverage.', [
      5000,
    ]).prefault('1000'),
    fragments: fragments(),
    confirmation: whole('1 or 2', 1, 2, 'Units the price must move against the extreme before the first rung reacts.', [1, 2]).prefault('1'),
    account: account('Account of this wallet. Default: exchange.account. Accounts of their own keep wallets from being netted.').optional(),
  };
}

const longWallet = section(
  block('in wallets.long', walletKeys(), {
    hints: { ...WALLET_HINTS, cycle: 'the long wallet has no choice of cycle, it always sells and rebuys its fragments; cycle belongs to wallets.hedge' },
  }),
  'The long wallet: sells fragments on the way down, rebuys them on the way up. Never short.',
);

const hedgeWallet = section(
  block(
    'in wallets.hedge',
    {
      cycle: choice(
        ['rotation', 'scaling'],
        'rotation: long → cash → short → cash → long, one full stop and short entries by fragment. scaling: each rung flips a fragment between long and short.',
      ).prefault('rotation'),
      ...walletKeys(),
    },
    { hints: WALLET_HINTS },
  ),
  'The hedge wallet: starts long, turns short on the way down.',
);

const wallets = block(
  'under wallets',
  { long: longWallet.optional(), hedge: hedgeWallet.optional() },
  {
    hints: { capital: 'name the wallet first: wallets: { hedge: { capital: 5000 } }', short: 'the wallet that goes short is hedge' },
    example: '{ hedge: { capital: 5000, cycle: rotation } }',
  },
).meta({ description: 'One or both wallets; they open in the order written here.', minProperties: 1 });

function windowKeys() {
  return {
    order: choice(['stop-market', 'stop-limit'], 'stop-market always fills once triggered; stop-limit may stay behind, and needs limitOffset.').prefault('stop-market'),
    limitOffset: fraction({ atLeast: '0', below: '100' }, 'How far beyond the trigger the limit lies, as a fraction of the trigger price. Only with order stop-limit, which needs it.', [
      '0.2%',
    ]).optional(),
    triggerBy: triggerBy('Which price triggers these orders. Default: exchange.triggerBy.').optional(),
    resting: whole(
      `a whole number from 1 to the wallet's fragments`,
      1,
      MAX_FRAGMENTS,
      "How many orders of this role rest on the exchange at once, the nearest first. Default: the wallet's number of fragments.",
      [4],
    ).optional(),
  };
}

const CLOSING_HINTS = { onGap: 'this window closes a position and always executes; onGap is only for entries' };
const closingWindow = (role: string, description: string) => section(block(`in windows.${role}`, windowKeys(), { hints: CLOSING_HINTS }), description);
const entryWindow = (role: string, description: string) =>
  section(
    block(`in windows.${role}`, {
      ...windowKeys(),
      onGap: choice(['market', 'skip'], 'When the price is already through the trigger. market: enter at once; skip: wait for the price to come back.').prefault('market'),
    }),
    description,
  );

const windows = section(
  block('under windows', {
    'stop-loss': closingWindow('stop-loss', 'Sells long: the whole position (rotation), or one fragment per rung (long wallet).'),
    'stop-entry-short': entryWindow('stop-entry-short', 'Rotation: opens a short fragment on the way down.'),
    cover: closingWindow('cover', 'Rotation: buys a short fragment back on the way up.'),
    'flip-short': entryWindow('flip-short', 'Scaling: turns a long fragment into a short one on the way down.'),
    'flip-long': entryWindow('flip-long', 'Scaling: turns a short fragment into a long one on the way up.'),
    'stop-entry-long': entryWindow('stop-entry-long', 'Long wallet: rebuys a fragment on the way up.'),
  }),
  "How the orders of each role are placed. What is missing comes from the cycle's preset; only roles of the file's wallets may be named.",
);

const action = () =>
  choice(['pause', 'halt', 'flatten'], 'pause: nothing moves, orders stay; halt: orders are cancelled, positions stay; flatten: halt and close every position.').prefault('halt');
const FRACTION_LIMIT: Bounds = { above: '0', atMost: '100' };
const fractionLimit = (key: string, description: string, example: string) =>
  block(`in risk.${key}`, { limit: fraction(FRACTION_LIMIT, description, [example]), action: action() }, { example: `{ limit: ${example}, action: halt }` })
    .meta({ description })
    .optional();
const quoteLimit = (key: string, description: string, example: number) =>
  block(`in risk.${key}`, { limit: number('an amount of quote currency above 0 in digits', { above: '0' }, description, [example]), action: action() }, { example: `{ limit: ${example}, action: halt }` })
    .meta({ description })
    .optional();

const DAILY_LOSS_TEXT = "Largest loss within one UTC day, as a fraction of the day's first equity (5%) or in quote currency (500).";
const dailyLossLimit = scalar<{ readonly limit: DecimalString; readonly unit: 'fraction' | 'quote' }>(
  'a fraction such as 5% (above 0% and up to 100%) or an amount of quote currency above 0',
  (text) => {
    if (text.endsWith('%')) {
      const percent = readPercent(text, FRACTION_LIMIT);
      return percent.ok ? { ok: true, value: { limit: fractionOfPercent(percent.value), unit: 'fraction' } } : percent;
    }
    const amount = readNumber(text, { above: '0' });
    return amount.ok ? { ok: true, value: { limit: amount.value, unit: 'quote' } } : amount;
  },
  { description: DAILY_LOSS_TEXT, type: ['string', 'number'], pattern: `^${NUMBER_PATTERN}(?: ?%)?$`, exclusiveMinimum: 0, written: ['5%', 500] },
);

const risk = section(
  block('under risk', {
    maxDrawdown: fractionLimit('maxDrawdown', "Largest fall of the plan's equity from its highest value.", '25%'),
    maxNotional: quoteLimit('maxNotional', 'Largest sum of long and short positions in quote currency.', 20000),
    maxShortExposure: quoteLimit('maxShortExposure', 'Largest short position in quote currency.', 8000),
    maxMarginRatio: fractionLimit('maxMarginRatio', "Largest share of the account's margin that is in use.", '80%'),
    maxDailyLoss: block('in risk.maxDailyLoss', { limit: dailyLossLimit, action: action() }, { example: '{ limit: 5%, action: halt }' })
      .meta({ description: DAILY_LOSS_TEXT }).optional(),
  }),
  'Limits at which the plan stops by itself. None by default.',
);

/** The whole file. */
export const strategyFileSchema = block(
  'at the top level',
  {
    version: scalar<1>('1, the version of the file format', (text) => (text === '1' ? { ok: true, value: 1 } : { ok: false, remedy: '' }), {
      description: 'Version of the file format.',
      type: 'integer',
      const: 1,
    }),
    name: name('a name', 'Name of the plan, unique per account: a-z, 0-9 and -.', ['btc-rotation']),
    symbol: scalar<string>("a linear swap in ccxt's unified form BASE/QUOTE:SETTLE, such as BTC/USDT:USDT", readSymbol, {
      description: "The linear perpetual to trade, in ccxt's unified form BASE/QUOTE:SETTLE with SETTLE equal to QUOTE.",
      type: 'string',
      pattern: symbolPattern.source,
      written: ['BTC/USDT:USDT', 'ETH/USDC:USDC'],
    }),
    exchange,
    leverage: number(`a number above 0 and up to ${MAX_LEVERAGE}`, { above: '0', atMost: String(MAX_LEVERAGE) }, 'Position size as a multiple of the capital, for every wallet.', [
      1, 3, 2.5,
    ]),
    unit,
    spacing: choice(
      ['arithmetic', 'geometric'],
      'arithmetic: units of equal price distance; geometric: units of equal ratio.',
    ).prefault('arithmetic'),
    reset,
    rebalance: section(
      block('in rebalance', {
        threshold: fraction({ atLeast: '0', below: '100' }, 'A reset leaves the position as it is when it is nearer to the target than this fraction.', ['1%']).prefault('1%'),
      }),
      'When a reset trades the difference to its target.',
    ),
    wallets,
    windows,
    risk,
  },
  {
    hints: {
      capital: 'it belongs to a wallet: wallets: { hedge: { capital: 5000 } }',
      fragments: 'it belongs to a wallet: wallets: { hedge: { fragments: 4 } }',
      percent: 'write unit: { percent: 1% }',
    },
  },
).meta({
  title: 'hedgerow strategy',
  description: 'A hedge and grid strategy for one perpetual future.',
});

/** A file that has passed the schema, defaults filled in as far as they do not depend on other values. */
export type StrategyFile = z.output<typeof strategyFileSchema>;
