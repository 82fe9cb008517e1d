/** Every way to write a wrong strategy file, with the exact line, column and words of its message. */
import { describe, expect, test } from 'vitest';
import { MINIMAL, problemLines, refusal, withLine } from './strategy-texts.ts';

const TOP_KEYS = 'version, name, symbol, exchange, leverage, unit, spacing, reset, rebalance, wallets, windows, risk';
const HEDGE_KEYS = 'cycle, capital, fragments, confirmation, account';
const CAPITAL = 'expected an amount of quote currency above 0 in digits, such as 5000';
const FRAGMENTS = 'expected a whole number from 1 to 50, or a list of percentages such as [40%, 30%, 20%, 10%]';
const PERCENT_UNIT = 'expected a fraction written with %, above 0% and below 100%';
const LEVERAGE = 'expected a number above 0 and up to 200';
const NAME = 'expected a name of 1 to 40 characters from a-z, 0-9 and -';
const SYMBOL = "expected a linear swap in ccxt's unified form BASE/QUOTE:SETTLE, such as BTC/USDT:USDT";
const ATR = 'unit: { atr: { length: 14, timeframe: 1h, multiple: 0.5 } }';
const JOINT = 'joint re-anchors all wallets together and works only with a hedge wallet of cycle: scaling; write that, or reset: independent';

const SIMULATED = 'with exchange id simulated, which needs no network; remove it, or name the exchange: id: binanceusdm, bybit, hyperliquid, okx, bitget, gate';
const REST_URL = 'expected an address such as http://127.0.0.1:8080, without path, and unencrypted only on this machine';
const OPTION = 'found an option that is not passed on, expected none that undoes what hedgerow relies on';

const real = (inside: string): string => `${MINIMAL}exchange: { id: bybit, ${inside} }\n`;
const hedge = (inside: string): string => withLine(`wallets: { hedge: { ${inside} } }`);
const long = (inside: string): string => withLine(`wallets: { long: { ${inside} } }`);

type Case = readonly [what: string, text: string, ...lines: string[]];

const CASES: Record<string, readonly Case[]> = {
  'YAML itself': [
    ['empty', '', '1:1: the file is empty, expected a strategy: version, name, symbol, leverage, unit and wallets'],
    ['only comments', '# nothing\n\n', '1:1: the file is empty, expected a strategy: version, name, symbol, leverage, unit and wallets'],
    ['null', '~\n', '1:1: the file is empty, expected a strategy: version, name, symbol, leverage, unit and wallets'],
    ['a scalar', 'hello\n', `1:1: found "hello", expected a block of ${TOP_KEYS}`],
    ['a list', '- a\n', `1:1: found a list, expected a block of ${TOP_KEYS}`],
    ['a tab as indent', 'wallets:\n\thedge:\n', '2:1: not readable as YAML: Tabs are not allowed as indentation; indent with spaces'],
    ['two documents', `${MINIMAL}---\n${MINIMAL}`, '7:1: a second YAML document starts here, expected one strategy in one file; remove the --- or split the file'],
    ['a directive', `%YAML 1.1\n---\n${MINIMAL}`, '1:1: a % directive, expected plain YAML 1.2 without directives'],
    ['an explicit tag', withLine('leverage: !!float 3'), '4:19: leverage: the tag tag:yaml.org,2002:float, expected a plain value without ! tags'],
    ['a merge key', `${MINIMAL}<<: { name: b }\n`, `7:1: <<: unknown key "<<"; allowed at the top level: ${TOP_KEYS}`],
    ['an alias without anchor', withLine('leverage: *x'), '4:11: leverage: the alias *x has no anchor &x above it'],
    ['too many aliases', `${MINIMAL}x: &x 1\ny: [${Array(17).fill('*x').join(', ')}]\n`, '8:69: y[16]: more than 16 aliases (*name), expected the values written out'],
    ['a list that holds itself', withLine('unit: &u [*u]'), `5:11: unit${'[0]'.repeat(16)}: blocks and lists are nested more than 16 deep, expected at most 5 levels`],
    ['deep nesting', withLine(`unit: ${'['.repeat(17)}${']'.repeat(17)}`), '5:23: blocks and lists are nested more than 16 deep, expected at most 5 levels'],
    ['a key that is a list', `${MINIMAL}? [a]\n: 1\n`, '7:3: a key that is not a plain word, expected key: value'],
    ['an empty key', `${MINIMAL}: 1\n`, '7:1: a key that is not a plain word, expected key: value'],
    ['a file of a quarter megabyte', `${MINIMAL}#${'x'.repeat(256 * 1024)}`, '1:1: the file is larger than 256 kB, expected a strategy file of a few kB'],
    ['thousands of values', withLine(`unit: [${'1,'.repeat(6000)}]`), '5:9996: unit[4994]: more than 5000 values, expected a strategy file'],
  ],
  'unknown and duplicate keys': [
    ['a misspelt key', hedge('fragmets: 4'), `6:21: wallets.hedge.fragmets: unknown key "fragmets"; did you mean "fragments"? allowed in wallets.hedge: ${HEDGE_KEYS}`],
    ['other case and separators', `${MINIMAL}risk: { max_drawdown: 3 }\n`, '7:9: risk.max_drawdown: unknown key "max_drawdown"; did you mean "maxDrawdown"? allowed under risk: maxDrawdown, maxNotional, maxShortExposure, maxMarginRatio, maxDailyLoss'],
    ['a key of another place', `${MINIMAL}triggerBy: mark\nfragments: 4\n`, `7:1: triggerBy: unknown key "triggerBy"; allowed at the top level: ${TOP_KEYS}`, `8:1: fragments: unknown key "fragments"; it belongs to a wallet: wallets: { hedge: { fragments: 4 } }; allowed at the top level: ${TOP_KEYS}`],
    ['a key that belongs in exchange', `${MINIMAL}positionMode: hedge\n`, `7:1: positionMode: unknown key "positionMode"; it belongs in exchange; allowed at the top level: ${TOP_KEYS}`],
    ['a thousands comma', hedge('capital: 5,000'), `6:32: wallets.hedge.000: unknown key "000"; a comma ends a number here, write it without separators; allowed in wallets.hedge: ${HEDGE_KEYS}`],
    ['an unknown wallet', withLine('wallets: { hegde: { capital: 5 } }'), '6:1: wallets: found no wallet, expected long, hedge or both', '6:12: wallets.hegde: unknown key "hegde"; did you mean "hedge"? allowed under wallets: long, hedge'],
    ['__proto__', `${MINIMAL}__proto__: { polluted: 1 }\n`, `7:1: __proto__: unknown key "__proto__"; allowed at the top level: ${TOP_KEYS}`],
    ['constructor', hedge('constructor: 1'), `6:21: wallets.hedge.constructor: unknown key "constructor"; allowed in wallets.hedge: ${HEDGE_KEYS}`],
    ['a key twice', `${MINIMAL}leverage: 4\n`, '7:1: leverage: duplicate key "leverage", expected it once; first written in line 4'],
    ['a key twice in one line', hedge('capital: 1, capital: 2'), '6:33: wallets.hedge.capital: duplicate key "capital", expected it once; first written in line 6'],
    ['a terminal escape as key', `${MINIMAL}"a\\e[31m": 1\n`, `7:1: a\uFFFD[31m: unknown key "a\\u001b[31m"; allowed at the top level: ${TOP_KEYS}`],
  ],
  'what must be there': [
    ['nothing but a version', 'version: 1\n', `1:1: name: missing, ${NAME}`, `1:1: symbol: missing, ${SYMBOL}`, `1:1: leverage: missing, ${LEVERAGE}`, '1:1: unit: missing, expected a block such as { percent: 1% }, with exactly one of price, percent, margin, atr', '1:1: wallets: missing, expected a block such as { hedge: { capital: 5000, cycle: rotation } }'],
    ['no wallet', withLine('wallets: {}'), '6:1: wallets: found no wallet, expected long, hedge or both'],
    ['empty wallets', withLine('wallets:'), '6:1: wallets: found nothing, expected a block such as { hedge: { capital: 5000, cycle: rotation } }'],
    ['a wallet that is a number', withLine('wallets: { hedge: 5000 }'), `6:19: wallets.hedge: found "5000", expected a block of ${HEDGE_KEYS}`],
    ['an atr without length', withLine('unit: { atr: { timeframe: 1h, multiple: 1 } }'), '5:9: unit.atr.length: missing, expected a whole number of candles from 2 to 1000'],
    ['a risk limit without limit', `${MINIMAL}risk:\n  maxDrawdown: { action: halt }\n`, '8:3: risk.maxDrawdown.limit: missing, expected a fraction written with %, above 0% and up to 100%'],
  ],
  'version, name, symbol': [
    ['another version', withLine('version: 2'), '1:10: version: found "2", expected 1, the version of the file format'],
    ['a name with blanks', withLine('name: Bad Name'), `2:7: name: found "Bad Name", ${NAME}; write bad-name`],
    ['a long name', withLine(`name: ${'x'.repeat(41)}`), `2:7: name: found "${'x'.repeat(40)}…", ${NAME}; write ${'x'.repeat(40)}`],
    ['an empty name', withLine('name: ""'), `2:7: name: found "", ${NAME}`],
    ['a name that is a path', withLine('name: ../x'), `2:7: name: found "../x", ${NAME}; write x`],
    ['a spot symbol', withLine('symbol: BTC/USDT'), `3:9: symbol: found "BTC/USDT", ${SYMBOL}; this one is a spot market; the swap is BTC/USDT:USDT`],
    ['an exchange symbol', withLine('symbol: BTCUSDT'), `3:9: symbol: found "BTCUSDT", ${SYMBOL}; write BTC/USDT:USDT`],
    ['an inverse swap', withLine('symbol: BTC/USD:BTC'), `3:9: symbol: found "BTC/USD:BTC", ${SYMBOL}; this one settles in BTC (inverse); only linear swaps are traded, SETTLE must equal QUOTE`],
    ['a dated future', withLine('symbol: BTC/USDT:USDT-251226'), `3:9: symbol: found "BTC/USDT:USDT-251226", ${SYMBOL}; this one is a dated future or an option`],
    ['lower case', withLine('symbol: btc/usdt:usdt'), `3:9: symbol: found "btc/usdt:usdt", ${SYMBOL}; write BTC/USDT:USDT`],
  ],
  'money and counts': [
    ['an exponent', hedge('capital: 1e3'), `6:30: wallets.hedge.capital: found "1e3", ${CAPITAL}; exponents are refused; write 1000`],
    ['an absurd exponent', hedge('capital: 1e999999999'), `6:30: wallets.hedge.capital: found "1e999999999", ${CAPITAL}; exponents are refused; write all digits`],
    ['a leading zero', hedge('capital: 010'), `6:30: wallets.hedge.capital: found "010", ${CAPITAL}; leading zeros are refused, some readers take them for octal; write 10`],
    ['hexadecimal', hedge('capital: 0x10'), `6:30: wallets.hedge.capital: found "0x10", ${CAPITAL}; write decimal digits`],
    ['a percentage', hedge('capital: 10%'), `6:30: wallets.hedge.capital: found "10%", ${CAPITAL}; a percentage is not meant here`],
    ['a currency', hedge('capital: 5000 USDT'), `6:30: wallets.hedge.capital: found "5000 USDT", ${CAPITAL}; write 5000`],
    ['a dollar sign', hedge('capital: $5000'), `6:30: wallets.hedge.capital: found "$5000", ${CAPITAL}; write 5000`],
    ['a separator', hedge('capital: 5_000.50'), `6:30: wallets.hedge.capital: found "5_000.50", ${CAPITAL}; write 5000.50, digits without separators`],
    ['a decimal comma', hedge('capital: "5000,5"'), `6:30: wallets.hedge.capital: found "5000,5", ${CAPITAL}; write 5000.5, with a point`],
    ['zero', hedge('capital: 0'), `6:30: wallets.hedge.capital: found "0", ${CAPITAL}`],
    ['negative', hedge('capital: -5000'), `6:30: wallets.hedge.capital: found "-5000", ${CAPITAL}`],
    ['not a number', hedge('capital: .nan'), `6:30: wallets.hedge.capital: found ".nan", ${CAPITAL}`],
    ['infinite', hedge('capital: .inf'), `6:30: wallets.hedge.capital: found ".inf", ${CAPITAL}`],
    ['too many digits', hedge(`capital: ${'9'.repeat(51)}`), `6:30: wallets.hedge.capital: found "${'9'.repeat(40)}…", ${CAPITAL}; at most 50 characters`],
    ['nothing', hedge('capital: '), `6:21: wallets.hedge.capital: found nothing, ${CAPITAL}`],
    ['a list', hedge('capital: [1]'), `6:30: wallets.hedge.capital: found a list, ${CAPITAL}`],
    ['a plus sign', withLine('leverage: +3'), `4:11: leverage: found "+3", ${LEVERAGE}; write 3`],
    ['leverage 3x', withLine('leverage: 3x'), `4:11: leverage: found "3x", ${LEVERAGE}; write 3`],
    ['leverage zero', withLine('leverage: 0'), `4:11: leverage: found "0", ${LEVERAGE}`],
    ['leverage negative', withLine('leverage: -3'), `4:11: leverage: found "-3", ${LEVERAGE}`],
    ['leverage absurd', withLine('leverage: 201'), `4:11: leverage: found "201", ${LEVERAGE}`],
    ['leverage true', withLine('leverage: true'), `4:11: leverage: found "true", ${LEVERAGE}`],
    ['confirmation 3', hedge('confirmation: 3'), '6:35: wallets.hedge.confirmation: found "3", expected 1 or 2'],
    ['confirmation 1.5', hedge('confirmation: 1.5'), '6:35: wallets.hedge.confirmation: found "1.5", expected 1 or 2'],
    ['confirmation 1.0', hedge('confirmation: 1.0'), '6:35: wallets.hedge.confirmation: found "1.0", expected 1 or 2'],
    ['no fragments', hedge('fragments: 0'), `6:32: wallets.hedge.fragments: found "0", ${FRAGMENTS}`],
    ['51 fragments', hedge('fragments: 51'), `6:32: wallets.hedge.fragments: found "51", ${FRAGMENTS}`],
    ['fragments as a block', hedge('fragments: { count: 4 }'), `6:32: wallets.hedge.fragments: found a block, ${FRAGMENTS}`],
    ['fragments as one percentage', hedge('fragments: 25%'), `6:32: wallets.hedge.fragments: found "25%", ${FRAGMENTS}; a percentage is not meant here`],
    ['an empty list of fragments', hedge('fragments: []'), `6:32: wallets.hedge.fragments: found a list, ${FRAGMENTS}`],
    ['a list of 51 fragments', hedge(`fragments: [${Array(51).fill('1%').join(', ')}]`), '6:32: wallets.hedge.fragments: found a list, expected at most 50 fragments'],
    ['account with an underscore', hedge('account: sub_1'), '6:30: wallets.hedge.account: found "sub_1", expected an account name of 1 to 40 characters from a-z, 0-9 and -; write sub-1'],
  ],
  fractions: [
    ['a bare number', withLine('unit: { percent: 1 }'), `5:18: unit.percent: found "1", ${PERCENT_UNIT}; write 1%`],
    ['a bare decimal', withLine('unit: { percent: 0.01 }'), `5:18: unit.percent: found "0.01", ${PERCENT_UNIT}; write 1% (which is 0.01) or 0.01%`],
    ['a bare zero', `${MINIMAL}rebalance: { threshold: 0 }\n`, '7:25: rebalance.threshold: found "0", expected a fraction written with %, from 0% and below 100%; write 0%'],
    ['zero percent', withLine('unit: { percent: 0% }'), `5:18: unit.percent: found "0%", ${PERCENT_UNIT}`],
    ['negative percent', withLine('unit: { percent: -1% }'), `5:18: unit.percent: found "-1%", ${PERCENT_UNIT}`],
    ['a hundred percent', withLine('unit: { percent: 100% }'), `5:18: unit.percent: found "100%", ${PERCENT_UNIT}`],
    ['a percentage with exponent', withLine('unit: { percent: 1e1% }'), `5:18: unit.percent: found "1e1%", ${PERCENT_UNIT}; exponents are refused; write 10%`],
    ['the word percent', withLine('unit: { percent: 1 percent }'), `5:18: unit.percent: found "1 percent", ${PERCENT_UNIT}`],
    ['weights below 100%', hedge('fragments: [33.3%, 33.3%, 33.3%]'), '6:32: wallets.hedge.fragments: found a list, expected weights that sum to exactly 100%, these sum to 99.9%; for equal fragments write their number'],
    ['weights above 100%', hedge('fragments: [60%, 40.000000000000000000000001%]'), '6:32: wallets.hedge.fragments: found a list, expected weights that sum to exactly 100%, these sum to 100.000000000000000000000001%; for equal fragments write their number'],
    ['a weight of zero', hedge('fragments: [100%, 0%]'), '6:39: wallets.hedge.fragments[1]: found "0%", expected a fraction written with %, above 0% and up to 100%'],
    ['a negative weight', hedge('fragments: [110%, -10%]'), '6:33: wallets.hedge.fragments[0]: found "110%", expected a fraction written with %, above 0% and up to 100%', '6:39: wallets.hedge.fragments[1]: found "-10%", expected a fraction written with %, above 0% and up to 100%'],
    ['weights without %', withLine('wallets:\n  hedge:\n    fragments:\n      - 60%\n      - 40'), '10:9: wallets.hedge.fragments[1]: found "40", expected a fraction written with %, above 0% and up to 100%; write 40%'],
  ],
  unit: [
    ['several forms', withLine('unit: { percent: 1%, price: 100 }'), '5:1: unit: found price and percent, expected exactly one of price, percent, margin, atr'],
    ['no form', withLine('unit: {}'), '5:1: unit: found none of them, expected exactly one of price, percent, margin, atr'],
    ['a scalar', withLine('unit: 1%'), '5:7: unit: found "1%", expected a block such as { percent: 1% }, with exactly one of price, percent, margin, atr'],
    ['price zero', withLine('unit: { price: 0 }'), '5:16: unit.price: found "0", expected a price distance above 0 in quote currency'],
    ['price as a percentage', withLine('unit: { price: 1% }'), '5:16: unit.price: found "1%", expected a price distance above 0 in quote currency; a percentage is not meant here'],
    ['atr length 1', withLine(ATR.replace('14', '1')), '5:24: unit.atr.length: found "1", expected a whole number of candles from 2 to 1000'],
    ['atr length 1001', withLine(ATR.replace('14', '1001')), '5:24: unit.atr.length: found "1001", expected a whole number of candles from 2 to 1000'],
    ['unknown timeframe', withLine(ATR.replace('1h', '1w')), '5:39: unit.atr.timeframe: found "1w", expected one of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d'],
    ['atr multiple zero', withLine(ATR.replace('0.5', '0')), '5:53: unit.atr.multiple: found "0", expected a factor above 0 and up to 100'],
  ],
  exchange: [
    ['unknown id', `${MINIMAL}exchange: { id: binance }\n`, '7:17: exchange.id: found "binance", expected one of simulated, binanceusdm, bybit, hyperliquid, okx, bitget, gate; did you mean "binanceusdm"?'],
    ['unknown mode', `${MINIMAL}exchange: { positionMode: oneway }\n`, '7:27: exchange.positionMode: found "oneway", expected one of hedge, one-way; did you mean "one-way"?'],
    ['a market for a real exchange', `${MINIMAL}exchange:\n  id: okx\n  market:\n    tickSize: 0.1\n`, '9:3: exchange.market: found a market block with exchange id okx, expected it only with id simulated; real exchanges bring their own limits and fees, remove it'],
    ['a minimum below the step', `${MINIMAL}exchange: { market: { amountStep: 0.01, minAmount: 0.001 } }\n`, '7:52: exchange.market.minAmount: found 0.001, expected at least the amountStep 0.01'],
    ['significant figures beside a tick of 0.25', `${MINIMAL}exchange: { market: { tickSize: 0.25, significantFigures: 5 } }\n`, '7:33: exchange.market.tickSize: found 0.25, expected a power of ten such as 0.01 beside significantFigures'],
    ['a tick of zero', `${MINIMAL}exchange: { market: { tickSize: 0 } }\n`, '7:33: exchange.market.tickSize: found "0", expected a price step above 0, in digits'],
    ['a fee without %', `${MINIMAL}exchange: { market: { takerFee: 0.0005 } }\n`, '7:33: exchange.market.takerFee: found "0.0005", expected a fraction written with %, from 0% and below 100%; write 0.05% (which is 0.0005) or 0.0005%'],
  ],
  'how an exchange is reached': [
    ['a test network for the simulated exchange', `${MINIMAL}exchange: { sandbox: true }\n`, `7:13: exchange.sandbox: found sandbox ${SIMULATED}`],
    ['anything else for the simulated exchange', `${MINIMAL}exchange:\n  urls: { rest: http://localhost:1 }\n  options: { x: 1 }\n`, `8:3: exchange.urls: found urls ${SIMULATED}`, `9:3: exchange.options: found options ${SIMULATED}`],
    ['sandbox yes', real('sandbox: yes'), '7:33: exchange.sandbox: found "yes", expected true or false'],
    ['a test network that is not there', `${MINIMAL}exchange: { id: binanceusdm, sandbox: true }\n`, '7:39: exchange.sandbox: found sandbox: true, which binanceusdm does not have; write demo: true'],
    ['demo trading that is not there', `${MINIMAL}exchange: { id: okx, demo: true }\n`, '7:28: exchange.demo: found demo: true, which okx does not have; write sandbox: true'],
    ['both', real('sandbox: true, demo: true'), '7:39: exchange.demo: found demo beside sandbox, expected one of them; bybit has sandbox: true or demo: true'],
    ['an address with a path', real('urls: { rest: https://gateway.example/v5 }'), `7:38: exchange.urls.rest: found "https://gateway.example/v5", ${REST_URL}`],
    ['an unencrypted address elsewhere', real('urls: { rest: "http://gateway.example:80" }'), `7:38: exchange.urls.rest: found "http://gateway.example:80", ${REST_URL}; write https://gateway.example`],
    ['requests over a stream address', real('urls: { rest: wss://gateway.example }'), `7:38: exchange.urls.rest: found "wss://gateway.example", ${REST_URL}`],
    ['a proxy without scheme', real('proxy: { httpProxy: 127.0.0.1:3128 }'), '7:44: exchange.proxy.httpProxy: found "127.0.0.1:3128", expected a proxy such as http://127.0.0.1:3128, without path'],
    ['two proxies of one kind', real('proxy: { httpProxy: http://h:1, wssProxy: http://h:1, socksProxy: socks5://h:1 }'), '7:78: exchange.proxy.socksProxy: found httpProxy and socksProxy, expected one of them; ccxt takes one proxy for requests'],
    ["ccxt's setting under another name", real('proxy: { https_proxy: http://h:1 }'), '7:33: exchange.proxy.https_proxy: unknown key "https_proxy"; did you mean "httpsProxy"? allowed in exchange.proxy: httpProxy, httpsProxy, socksProxy, wssProxy, wsSocksProxy'],
    ['a proxy that carries no encrypted streams', real('proxy: { wsProxy: http://h:1 }'), '7:33: exchange.proxy.wsProxy: unknown key "wsProxy"; it cannot carry the encrypted streams of exchanges, write wssProxy; allowed in exchange.proxy: httpProxy, httpsProxy, socksProxy, wssProxy, wsSocksProxy'],
    ['options that are a list', real('options: [a]'), "7:33: exchange.options: found a list, expected a block of ccxt's options, such as { fetchMarkets: { types: [linear] } }"],
    ['retries of writes', real('options: { maxRetriesOnFailure: 3 }'), `7:35: exchange.options.maxRetriesOnFailure: ${OPTION}: ccxt would send a write again after a timeout, and two orders may rest where one was meant; hedgerow looks the order up instead; remove it`],
    ['retries of one method, in other letters', real('options: { fetchOrder: { max_retries_on_failure: 3 } }'), `7:49: exchange.options.fetchOrder.max_retries_on_failure: ${OPTION}: ccxt would send a write again after a timeout, and two orders may rest where one was meant; hedgerow looks the order up instead; remove it`],
    ['a builder fee', `${withLine('symbol: BTC/USDC:USDC')}exchange: { id: hyperliquid, options: { approvedBuilderFee: true } }\n`, `7:41: exchange.options.approvedBuilderFee: ${OPTION}: it adds a fee of somebody else to every fill, or signs an approval for one; hedgerow sends neither; remove it`],
    ['the prototype', real('options: { __proto__: { a: 1 } }'), `7:35: exchange.options.__proto__: ${OPTION}: it is a memory of ccxt and not a setting; remove it`],
    ['hedge mode where there is none', `${withLine('symbol: BTC/USDC:USDC')}exchange: { id: hyperliquid, positionMode: hedge }\n`, '7:44: exchange.positionMode: found hedge, expected one-way: hyperliquid holds one net position per account and symbol; to keep wallets apart give them accounts of their own'],
    ['a trigger that is not there', `${MINIMAL}exchange: { id: binanceusdm, triggerBy: index }\nwindows: { cover: { triggerBy: index } }\n`, '7:41: exchange.triggerBy: found index, expected last or mark: orders of binanceusdm cannot be triggered by another price', '8:32: windows.cover.triggerBy: found index, expected last or mark: orders of binanceusdm cannot be triggered by another price'],
    ['a currency that is not there', `${MINIMAL}exchange: { id: hyperliquid }\n`, '3:9: symbol: found a swap settled in USDT, expected one of USDC, in which linear swaps of hyperliquid are settled; write BTC/USDC:USDC'],
  ],
  'cycles and reset': [
    ['a cycle on the long wallet', long('cycle: rotation'), '6:20: wallets.long.cycle: unknown key "cycle"; the long wallet has no choice of cycle, it always sells and rebuys its fragments; cycle belongs to wallets.hedge; allowed in wallets.long: capital, fragments, confirmation, account'],
    ['an unknown cycle', hedge('cycle: rotate'), '6:28: wallets.hedge.cycle: found "rotate", expected one of rotation, scaling; did you mean "rotation"?'],
    ['joint with rotation', `${MINIMAL}reset: joint\n`, `7:8: reset: found joint with a hedge wallet of cycle: rotation; ${JOINT}`],
    ['joint as a block', `${MINIMAL}reset:\n  policy: joint\n`, `8:11: reset.policy: found joint with a hedge wallet of cycle: rotation; ${JOINT}`],
    ['joint without a hedge wallet', `${long('capital: 5')}reset: joint\n`, `7:8: reset: found joint without a hedge wallet; ${JOINT}`],
    ['an unknown policy', `${MINIMAL}reset: jiont\n`, '7:8: reset: found "jiont", expected one of independent, joint; did you mean "joint"?'],
    ['a list', `${MINIMAL}reset: [joint]\n`, '7:8: reset: found a list, expected independent, joint, or a block { policy: independent, onAdvance: 20 }'],
    ['onAdvance zero', `${MINIMAL}reset: { onAdvance: 0 }\n`, '7:21: reset.onAdvance: found "0", expected a whole number of units from 1 to 100000'],
    ['unknown spacing', `${MINIMAL}spacing: geometrical\n`, '7:10: spacing: found "geometrical", expected one of arithmetic, geometric; did you mean "geometric"?'],
  ],
  windows: [
    ['a role nobody uses', `${MINIMAL}windows: { flip-long: }\n`, '7:12: windows.flip-long: found a window that no wallet of this file uses (it belongs to a hedge wallet with cycle: scaling), expected only stop-loss, stop-entry-short, cover; remove it'],
    ['a stop-loss with scaling', `${hedge('cycle: scaling')}windows: { stop-loss: }\n`, '7:12: windows.stop-loss: found a window that no wallet of this file uses (it belongs to the long wallet or a hedge wallet with cycle: rotation), expected only flip-short, flip-long; remove it'],
    ['an unknown role', `${MINIMAL}windows: { stoploss: }\n`, '7:12: windows.stoploss: unknown key "stoploss"; did you mean "stop-loss"? allowed under windows: stop-loss, stop-entry-short, cover, flip-short, flip-long, stop-entry-long'],
    ['onGap on a closing role', `${MINIMAL}windows:\n  cover: { onGap: skip }\n`, '8:12: windows.cover.onGap: unknown key "onGap"; this window closes a position and always executes; onGap is only for entries; allowed in windows.cover: order, limitOffset, triggerBy, resting'],
    ['stop-limit without offset', `${MINIMAL}windows:\n  cover: { order: stop-limit }\n`, '8:19: windows.cover.order: found stop-limit without limitOffset, expected how far the limit lies beyond the trigger; write limitOffset: 0.2%'],
    ['offset without stop-limit', `${MINIMAL}windows:\n  cover: { limitOffset: 0.2% }\n`, '8:12: windows.cover.limitOffset: found a limitOffset with order stop-market, expected it only with order: stop-limit'],
    ['offset as a number', `${MINIMAL}windows:\n  cover: { order: stop-limit, limitOffset: 0.2 }\n`, '8:44: windows.cover.limitOffset: found "0.2", expected a fraction written with %, from 0% and below 100%; write 20% (which is 0.2) or 0.2%'],
    ['an unknown order', `${MINIMAL}windows: { cover: { order: stop } }\n`, '7:28: windows.cover.order: found "stop", expected one of stop-market, stop-limit'],
    ['resting zero', `${MINIMAL}windows: { cover: { resting: 0 } }\n`, "7:30: windows.cover.resting: found \"0\", expected a whole number from 1 to the wallet's fragments"],
    ['more resting than fragments', `${MINIMAL}windows: { cover: { resting: 5 } }\n`, '7:30: windows.cover.resting: found 5, expected 1 to 4, the number of fragments of the hedge wallet'],
    ['an unknown trigger', `${MINIMAL}windows: { cover: { triggerBy: mid } }\n`, '7:32: windows.cover.triggerBy: found "mid", expected one of last, mark, index'],
  ],
  risk: [
    ['a shorthand', `${MINIMAL}risk: { maxDrawdown: 25% }\n`, '7:22: risk.maxDrawdown: found "25%", expected a block such as { limit: 25%, action: halt }'],
    ['a drawdown in money', `${MINIMAL}risk: { maxDrawdown: { limit: 25 } }\n`, '7:31: risk.maxDrawdown.limit: found "25", expected a fraction written with %, above 0% and up to 100%; write 25%'],
    ['a notional in percent', `${MINIMAL}risk: { maxNotional: { limit: 25% } }\n`, '7:31: risk.maxNotional.limit: found "25%", expected an amount of quote currency above 0 in digits; a percentage is not meant here'],
    ['a daily loss of nothing', `${MINIMAL}risk: { maxDailyLoss: { limit: 0 } }\n`, '7:32: risk.maxDailyLoss.limit: found "0", expected a fraction such as 5% (above 0% and up to 100%) or an amount of quote currency above 0'],
    ['an unknown action', `${MINIMAL}risk: { maxNotional: { limit: 5, action: stop } }\n`, '7:42: risk.maxNotional.action: found "stop", expected one of pause, halt, flatten'],
  ],
};

for (const [group, cases] of Object.entries(CASES)) {
  describe(group, () => {
    test.each(cases)('%s', (_what, text, ...lines) => {
      expect(problemLines(text)).toEqual(lines);
    });
  });
}

test('all problems at once, in the order of the file, with excerpts', () => {
  const text = `# bad\nversion: 1\nname: a\nsymbol: BTC/USDT:USDT\nleverage: 3x\nunit: { percent: 1 }\nreset: joint\nwallets:\n  hedge: { capital: 0, capital: 1 }\n`;
  expect(refusal(text)).toBe(`f.yaml:5:11: leverage: found "3x", ${LEVERAGE}; write 3
  5 | leverage: 3x
                ^^
f.yaml:6:18: unit.percent: found "1", ${PERCENT_UNIT}; write 1%
  6 | unit: { percent: 1 }
                       ^
f.yaml:7:8: reset: found joint with a hedge wallet of cycle: rotation; ${JOINT}
  7 | reset: joint
             ^^^^^
f.yaml:9:21: wallets.hedge.capital: found "0", ${CAPITAL}
  9 |   hedge: { capital: 0, capital: 1 }
                          ^
f.yaml:9:24: wallets.hedge.capital: duplicate key "capital", expected it once; first written in line 9
  9 |   hedge: { capital: 0, capital: 1 }
                             ^^^^^^^`);
});

test('ten problems are shown, the rest is counted', () => {
  const text = `${MINIMAL}${Array.from({ length: 13 }, (_, index) => `zz${index}: 1\n`).join('')}`;
  expect(problemLines(text)).toHaveLength(10);
  expect(refusal(text).split('\n').at(-1)).toBe('… and 3 more problems in f.yaml');
});

test('windows line ends and a byte order mark keep line and column', () => {
  const text = withLine('leverage: 3x').replaceAll('\n', '\r\n');
  expect(problemLines(text)[0]).toBe(`4:11: leverage: found "3x", ${LEVERAGE}; write 3`);
  expect(problemLines(`\uFEFF${text}`)[0]).toBe(`4:11: leverage: found "3x", ${LEVERAGE}; write 3`);
});

test('a long line is cut around the caret', () => {
  const excerpt = refusal(`${MINIMAL}risk: { ${'x'.repeat(300)}: 1, maxNotional: { limit: 0 } }\n`).split('\n').slice(-2);
  expect(Math.max(...excerpt.map((line) => line.length))).toBeLessThan(120);
  expect(excerpt[0]?.[excerpt[1]?.indexOf('^') ?? 0]).toBe('0');
});

describe('credentials in a strategy file are refused wherever they stand, and never repeated', () => {
  const CANARY = 'kAnArY5ecret';
  const HEX = '4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318';
  const REMEDY = /credentials come from the environment \(HEDGEROW_<ACCOUNT>_API_KEY, …\) or from a 0600 file/;

  test.each([
    ...['apiKey', 'api_key', 'secret', 'apiSecret', 'keys', 'password', 'passphrase', 'uid', 'login', 'token', 'privateKey', 'private-key', 'walletAddress', 'vaultAddress', 'twofa', 'mnemonic'].flatMap((key) => [
      `${MINIMAL}${key}: ${CANARY}\n`,
      `${MINIMAL}exchange: { id: bybit, ${key}: ${CANARY} }\n`,
      `${MINIMAL}exchange:\n  id: bybit\n  options:\n    deep: [{ ${key}: ${CANARY} }]\n`,
      withLine(`wallets: { hedge: { ${key}: ${CANARY} } }`),
    ]),
    `${MINIMAL}apiKey:\n  main: ${CANARY}\n`,
    `${MINIMAL}apiKey: ${CANARY}\nleverage: ${CANARY}\n`,
    `${MINIMAL}exchange: { id: bybit, options: { anything: 0x${HEX} } }\n`,
    `${MINIMAL}exchange: { id: bybit, options: { anything: ${HEX} } }\n`,
    `${MINIMAL}exchange: { id: bybit, options: { anything: "-----BEGIN EC PRIVATE KEY-----${CANARY}" } }\n`,
    withLine(`name: ${HEX}`),
  ])('%j', (text) => {
    const message = refusal(text);
    expect(message).toMatch(REMEDY);
    expect(message).not.toMatch(new RegExp(`${CANARY}|${HEX.slice(0, 12)}`));
  });

  test('with line and column of the key', () => {
    expect(problemLines(`${MINIMAL}exchange: { id: bybit, apiKey: ${CANARY} }\n`)[0]).toMatch(/^7:24: exchange\.apiKey: found a key that names a credential, expected none in a strategy file; /);
  });

  test('a login in an address', () => {
    expect(problemLines(real(`proxy: { httpProxy: "http://me:${CANARY}@10.0.0.1:3128" }`))).toEqual(['7:33: exchange.proxy.httpProxy: found an address with a login in it, expected one without; use a proxy on this machine that knows the login']);
  });

  test.each([`${MINIMAL}apiKey: [${CANARY}\n`, `${MINIMAL}secret: "${CANARY}\n`, `${MINIMAL}x: ${HEX}: {\n`, `${MINIMAL}\tpassword: ${CANARY}\n`])('also when the file is no YAML: %j', (text) => {
    expect(refusal(text)).not.toMatch(new RegExp(`${CANARY}|${HEX.slice(0, 12)}`));
  });
});
