/** What a strategy file may ask of the exchange it names: modes, triggers, currencies, networks, proxies, options. */
import { EXCHANGE_RULES, type ExchangeRules, type RealExchangeId } from '../../domain/exchange-rules.ts';
import { EXCHANGE_IDS, REST_PROXIES, ROLES, STREAM_PROXIES } from '../../domain/strategy.ts';
import { optionFindings } from './option-rules.ts';
import type { Path } from './problems.ts';
import { isBlock, textAt, valueAt, type RuleFinding } from './tree-values.ts';
import type { Tree } from './yaml-tree.ts';

/** Keys of `exchange` that only concern real exchanges. */
const CONNECTION_KEYS = ['sandbox', 'demo', 'urls', 'proxy', 'options'] as const;
const REAL_IDS = EXCHANGE_IDS.filter((id) => id !== 'simulated');

export function exchangeFindings(tree: Tree): RuleFinding[] {
  const id = valueAt(tree, ['exchange', 'id']) === undefined ? 'simulated' : textAt(tree, ['exchange', 'id']);
  const general = [...proxyFindings(tree), ...optionFindings(tree)];
  if (id === 'simulated') return [...simulatedFindings(tree), ...general];
  const realId = REAL_IDS.find((each) => each === id);
  if (realId === undefined) return general;
  const rules = EXCHANGE_RULES[realId];
  return [...environmentFindings(tree, realId, rules), ...modeFindings(tree, realId, rules), ...triggerFindings(tree, realId, rules), ...settleFindings(tree, realId, rules), ...general];
}

function simulatedFindings(tree: Tree): RuleFinding[] {
  return CONNECTION_KEYS.filter((key) => valueAt(tree, ['exchange', key]) !== undefined).map((key) => ({
    path: ['exchange', key],
    at: 'key',
    message: `found ${key} with exchange id simulated, which needs no network; remove it, or name the exchange: id: ${REAL_IDS.join(', ')}`,
  }));
}

function environmentFindings(tree: Tree, id: RealExchangeId, { environments }: ExchangeRules): RuleFinding[] {
  const asked = (['sandbox', 'demo'] as const).filter((key) => textAt(tree, ['exchange', key]) === 'true');
  const has = environments.map((each) => `${each}: true`).join(' or ');
  if (asked.length === 2) return [{ path: ['exchange', 'demo'], at: 'key', message: `found demo beside sandbox, expected one of them; ${id} has ${has}` }];
  return asked
    .filter((key) => !environments.includes(key))
    .map((key) => ({ path: ['exchange', key], at: 'value', message: `found ${key}: true, which ${id} does not have; write ${has}` }));
}

function modeFindings(tree: Tree, id: RealExchangeId, { positionModes }: ExchangeRules): RuleFinding[] {
  const path: Path = ['exchange', 'positionMode'];
  const mode = textAt(tree, path);
  if (mode === undefined || !['hedge', 'one-way'].includes(mode) || positionModes.some((each) => each === mode)) return [];
  return [
    {
      path,
      at: 'value',
      message: `found ${mode}, expected ${positionModes.join(' or ')}: ${id} holds one net position per account and symbol; to keep wallets apart give them accounts of their own`,
    },
  ];
}

function triggerFindings(tree: Tree, id: RealExchangeId, { triggerSources }: ExchangeRules): RuleFinding[] {
  const paths: readonly Path[] = [['exchange', 'triggerBy'], ...ROLES.map((role): Path => ['windows', role, 'triggerBy'])];
  return paths.flatMap((path): RuleFinding[] => {
    const source = textAt(tree, path);
    if (source === undefined || !['last', 'mark', 'index'].includes(source) || triggerSources.some((each) => each === source)) return [];
    return [{ path, at: 'value', message: `found ${source}, expected ${triggerSources.join(' or ')}: orders of ${id} cannot be triggered by another price` }];
  });
}

function settleFindings(tree: Tree, id: RealExchangeId, { settles }: ExchangeRules): RuleFinding[] {
  const path: Path = ['symbol'];
  const symbol = textAt(tree, path) ?? '';
  const settle = /^[^/]+\/([A-Z0-9]+):\1$/.exec(symbol)?.[1];
  if (settle === undefined || settles.includes(settle)) return [];
  const [base] = symbol.split('/');
  return [{ path, at: 'value', message: `found a swap settled in ${settle}, expected one of ${settles.join(', ')}, in which linear swaps of ${id} are settled; write ${base}/${settles[0]}:${settles[0]}` }];
}

function proxyFindings(tree: Tree): RuleFinding[] {
  const proxy = valueAt(tree, ['exchange', 'proxy']);
  if (!isBlock(proxy)) return [];
  return [REST_PROXIES, STREAM_PROXIES].flatMap((kind): RuleFinding[] => {
    const given = kind.filter((key) => Object.hasOwn(proxy, key));
    const second = given[1];
    return second === undefined ? [] : [{ path: ['exchange', 'proxy', second], at: 'key', message: `found ${given.join(' and ')}, expected one of them; ccxt takes one proxy for ${kind === REST_PROXIES ? 'requests' : 'streams'}` }];
  });
}
