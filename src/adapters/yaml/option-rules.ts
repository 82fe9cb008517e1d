/** `exchange.options`: what may be handed to ccxt, and what would undo something hedgerow relies on. */
import type { Json } from '../../domain/json.ts';
import { NUMBER_PATTERN } from './number-text.ts';
import type { Path } from './problems.ts';
import { isBlock, valueAt, valuesBelow, type RuleFinding } from './tree-values.ts';
import type { Tree } from './yaml-tree.ts';

const OPTIONS_PATH: Path = ['exchange', 'options'];

const RETRIES = 'ccxt would send a write again after a timeout, and two orders may rest where one was meant; hedgerow looks the order up instead';
const FEE = 'it adds a fee of somebody else to every fill, or signs an approval for one; hedgerow sends neither';
const BROKER = 'it puts the id of a broker into orders and takes the place of our own client ids, by which orders are found again';
const MARKET_TYPE = 'which market is traded follows from symbol alone; with another type ccxt may take the spot market of the same name';
const ENVIRONMENT = 'write exchange.sandbox: true or exchange.demo: true';
const CLOCK = 'hedgerow measures the clock offset itself, and two corrections undo each other';
const DEADLINE = 'how long a sent request may still take effect is part of the proof that an order does not exist; hedgerow sets it';
const ACCOUNT_KIND = 'another kind of account has other endpoints for orders, which hedgerow does not read; doctor says which kind yours must be';
const SPOT_COST = 'it changes the meaning of an amount to a cost';
const TLS = 'it would hand requests to whoever answers in the place of the exchange';
const MODE = 'write exchange.positionMode or exchange.marginMode, which are compared with the account';
const REQUEST_KIND = 'hedgerow chooses type, price and endpoint of each of its orders';
const INTERNAL = 'it is a memory of ccxt and not a setting';

/** Keys in lower case, at any depth: per-method options of ccxt are read like its own. */
const REFUSED: Readonly<Record<string, string>> = {
  maxretriesonfailure: RETRIES,
  maxretriesonfailuredelay: RETRIES,
  builder: FEE,
  builderfee: FEE,
  approvedbuilderfee: FEE,
  feeint: FEE,
  feerate: FEE,
  ref: FEE,
  refset: FEE,
  referrer: FEE,
  broker: BROKER,
  brokerid: BROKER,
  tag: BROKER,
  clientorderid: BROKER,
  newclientorderid: BROKER,
  clordid: BROKER,
  orderlinkid: BROKER,
  text: BROKER,
  defaulttype: MARKET_TYPE,
  defaultsubtype: MARKET_TYPE,
  defaultsettle: MARKET_TYPE,
  markettype: MARKET_TYPE,
  sandbox: ENVIRONMENT,
  sandboxmode: ENVIRONMENT,
  enabledemotrading: ENVIRONMENT,
  testnet: ENVIRONMENT,
  timedifference: CLOCK,
  adjustfortimedifference: CLOCK,
  recvwindow: DEADLINE,
  expiresafter: DEADLINE,
  portfoliomargin: ACCOUNT_KIND,
  papi: ACCOUNT_KIND,
  createmarketbuyorderrequiresprice: SPOT_COST,
  createmarketsellorderrequiresprice: SPOT_COST,
  quoteorderqty: SPOT_COST,
  cost: SPOT_COST,
  rejectunauthorized: TLS,
  checkserveridentity: TLS,
  verify: TLS,
  hedged: MODE,
  positionmode: MODE,
  positionside: MODE,
  positionidx: MODE,
  marginmode: MODE,
  defaultmarginmode: MODE,
  tdmode: MODE,
  createorder: REQUEST_KIND,
  editorder: REQUEST_KIND,
  cancelorder: REQUEST_KIND,
  createorderws: REQUEST_KIND,
  neworderresptype: REQUEST_KIND,
  timeinforce: REQUEST_KIND,
  defaulttimeinforce: REQUEST_KIND,
  defaultslippage: REQUEST_KIND,
  slippage: REQUEST_KIND,
  reduceonly: REQUEST_KIND,
  trigger: REQUEST_KIND,
  stop: REQUEST_KIND,
  method: REQUEST_KIND,
  headers: REQUEST_KIND,
  lastnonce: INTERNAL,
  accountsbyid: INTERNAL,
  leveragebrackets: INTERNAL,
  cachedcurrencies: INTERNAL,
  cachedcurrenciesbyid: INTERNAL,
  ['__proto__']: INTERNAL,
  constructor: INTERNAL,
  prototype: INTERNAL,
};

export function optionFindings(tree: Tree): RuleFinding[] {
  const options = valueAt(tree, OPTIONS_PATH);
  if (!isBlock(options)) return [];
  return [...valuesBelow(options, OPTIONS_PATH)].flatMap(({ path }): RuleFinding[] => {
    const key = path.at(-1);
    const bare = typeof key === 'string' ? key.replace(/[-_ ]/g, '').toLowerCase() : '';
    const reason = path.length <= OPTIONS_PATH.length ? undefined : (own(REFUSED, bare) ?? own(REFUSED, String(key)));
    return reason === undefined ? [] : [{ path, at: 'key', message: `found an option that is not passed on, expected none that undoes what hedgerow relies on: ${reason}; remove it` }];
  });
}

function own(reasons: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(reasons, key) ? reasons[key] : undefined;
}

const NUMBER = new RegExp(`^-?${NUMBER_PATTERN}$`);

/** The tree's texts as ccxt expects them: `true`, `5000` and `0.05` are no texts there. */
export function optionValue(tree: Tree): Json {
  if (tree === null || tree === 'null') return null;
  if (typeof tree === 'string') return tree === 'true' || tree === 'false' ? tree === 'true' : NUMBER.test(tree) && Number.isFinite(Number(tree)) ? Number(tree) : tree;
  if (Array.isArray(tree)) return (tree as readonly Tree[]).map(optionValue);
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, optionValue(value)]));
}
