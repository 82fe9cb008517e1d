/**
 * Positions, wallet, fees, key and settings of an account. Margin mode is the account's at Bybit and leverage the symbol's; both are read
 * from and written to every symbol of the simulated account. Source: bybit-exchange.github.io/docs/v5/position, /docs/v5/account.
 */
import { dec, plain } from '../../../domain/decimal.ts';
import type { Json } from '../../../domain/json.ts';
import { HedgerowError } from '../../../domain/errors.ts';
import type { AccountSettings, PositionRecord } from '../../../ports/exchange.ts';
import type { BybitParts, PrivateEndpoints } from './bybit-endpoint.ts';
import { checkCategory, integerOf, neededText } from './bybit-endpoint.ts';
import type { BybitMarket } from './bybit-markets.ts';
import { CATEGORY } from './bybit-names.ts';
import { BybitFailure, badParameter } from './bybit-reply.ts';
import { DAY_MS, WEEK_MS, wholeSnapshot } from './order-endpoints.ts';
import { pageOf, windowOf } from './pages.ts';
import { flatPositionRow, positionRow } from './position-row.ts';
import { transactionRows } from './transaction-row.ts';
import { walletRow } from './wallet-row.ts';

const POSITIONS_PAGE = { max: 200, standard: 20 };
const LOG_PAGE = { max: 50, standard: 20 };

export function accountEndpoints({ world, ledger, markets }: BybitParts): PrivateEndpoints {
  const { exchange } = world;
  return {
    'GET /v5/position/list': async ({ who, query, at }) => {
      checkCategory(query.get('category'));
      const id = query.get('symbol');
      if (id === undefined && !query.has('settleCoin')) throw badParameter('params error: Missing some parameters that must be filled in, symbol or settleCoin');
      const { positions } = await wholeSnapshot(world, who.account);
      const rows = id === undefined ? positions.map((position) => openRow(position, at)) : await rowsOf(markets.ofId(id), positions, who.account, at);
      const page = pageOf(rows, (row) => rows.length - rows.indexOf(row), query, POSITIONS_PAGE);
      return { category: CATEGORY, list: page.rows, nextPageCursor: page.nextPageCursor };
    },
    'POST /v5/position/switch-mode': async ({ who, body }) => {
      checkCategory(body['category']);
      const mode = integerOf(body, 'mode');
      if (mode !== 0 && mode !== 3) throw badParameter('params error: mode');
      const wanted = mode === 3 ? 'hedge' : 'one-way';
      const { positions, openOrders } = await wholeSnapshot(world, who.account);
      if ((await settingsOf(who.account)).positionMode === wanted) throw new BybitFailure(110025, 'Position mode is not modified');
      if (positions.length > 0) throw new BybitFailure(110024, 'You have an existing position, so the position mode cannot be switched');
      if (openOrders.length > 0) throw new BybitFailure(110028, 'You have existing open orders, so the position mode cannot be switched');
      await exchange.others.changePositionMode(who.account, wanted);
      return {};
    },
    'POST /v5/position/switch-isolated': () => {
      throw new BybitFailure(100028, 'unified account is forbidden');
    },
    'POST /v5/position/set-leverage': async ({ who, body }) => {
      checkCategory(body['category']);
      const { symbol } = markets.ofId(neededText(body, 'symbol'));
      const leverage = neededText(body, 'buyLeverage');
      if (leverage !== neededText(body, 'sellLeverage')) throw badParameter('params error: buyLeverage and sellLeverage must be equal');
      if (!/^\d+(\.\d{1,2})?$/.test(leverage)) throw badParameter('params error: leverage');
      if (dec(leverage).equals((await exchange.fetchSettings(who.account, symbol)).leverage)) throw new BybitFailure(110043, 'leverage not modified');
      await orRiskLimit(() => exchange.others.changeSettings(who.account, symbol, { leverage: plain(dec(leverage)) }));
      return {};
    },
    'POST /v5/account/set-margin-mode': async ({ who, body }) => {
      const marginMode = neededText(body, 'setMarginMode');
      if (marginMode !== 'REGULAR_MARGIN' && marginMode !== 'ISOLATED_MARGIN') throw badParameter('params error: setMarginMode');
      const wanted = marginMode === 'REGULAR_MARGIN' ? 'cross' : 'isolated';
      const { positions } = await wholeSnapshot(world, who.account);
      const isSame = (await settingsOf(who.account)).marginMode === wanted;
      if (!isSame && positions.length > 0) throw new BybitFailure(3400045, 'Set margin mode failed');
      for (const { symbol } of markets.all) await exchange.others.changeSettings(who.account, symbol, { marginMode: wanted });
      return { reasons: [] };
    },
    'GET /v5/account/wallet-balance': async ({ who, query, at }) => {
      if (query.get('accountType') !== 'UNIFIED') throw badParameter('accountType only support UNIFIED.');
      const { balance, positions } = await wholeSnapshot(world, who.account);
      const { marginMode } = await settingsOf(who.account);
      return { list: [walletRow(balance, positions, marginMode)], time: at };
    },
    'GET /v5/account/info': async ({ who, at }) => {
      const { marginMode } = await settingsOf(who.account);
      return {
        unifiedMarginStatus: 6,
        marginMode: marginMode === 'cross' ? 'REGULAR_MARGIN' : 'ISOLATED_MARGIN',
        isMasterTrader: false,
        spotHedgingStatus: 'OFF',
        dcpStatus: 'OFF',
        timeWindow: 10,
        smpGroup: 0,
        updatedTime: String(at),
      };
    },
    'GET /v5/account/fee-rate': async ({ query }) => {
      checkCategory(query.get('category'));
      const list: Json[] = [];
      for (const { id, symbol } of markets.named(query)) {
        const { takerFee, makerFee } = await exchange.fetchInstrument(symbol);
        list.push({ symbol: id, baseCoin: '', takerFeeRate: takerFee, makerFeeRate: makerFee });
      }
      return { category: CATEGORY, list };
    },
    'GET /v5/account/transaction-log': async ({ who, query, at }) => {
      const { from, until } = windowOf(query, at, DAY_MS, WEEK_MS);
      const type = query.get('type');
      const events = (await exchange.fetchAccountEvents(who.account, from)).filter((event) => event.at <= until);
      const known = new Set(events.map((event) => ('id' in event ? event.id : '')));
      const rows = transactionRows(ledger.account(who.account)).filter(({ row, id }) => known.has(id) && (type === undefined || row['type'] === type));
      const page = pageOf([...rows].reverse(), ({ sequence }) => sequence, query, LOG_PAGE);
      return { list: page.rows.map(({ row }) => row), nextPageCursor: page.nextPageCursor };
    },
    'GET /v5/user/query-api': ({ who }) => ({
      id: '13770661',
      note: 'wire',
      apiKey: who.apiKey,
      readOnly: 0,
      secret: '',
      permissions: {
        ContractTrade: ['Order', 'Position'],
        Spot: [],
        Wallet: who.canWithdraw === true ? ['AccountTransfer', 'SubMemberTransfer', 'Withdraw'] : [],
        Options: [],
        Derivatives: ['DerivativesTrade'],
        CopyTrading: [],
        BlockTrade: [],
        Exchange: [],
        NFT: [],
        Affiliate: [],
        Earn: [],
      },
      ips: who.isIpRestricted === false ? ['*'] : ['127.0.0.1'],
      type: 1,
      deadlineDay: 83,
      expiredAt: '2030-01-01T00:00:00Z',
      createdAt: '2024-01-01T00:00:00Z',
      unified: 0,
      uta: 1,
      userID: 24617703,
      inviterID: 0,
      vipLevel: 'No VIP',
      mktMakerLevel: '0',
      affiliateID: 0,
      rsaPublicKey: '',
      isMaster: true,
      parentUid: '0',
      kycLevel: 'LEVEL_DEFAULT',
      kycRegion: '',
    }),
    'GET /v5/asset/coin/query-info': ({ query }) => {
      const coins = [...new Set(markets.all.flatMap(({ base, settle }) => [base, settle]))];
      const wanted = query.get('coin');
      return { rows: coins.filter((coin) => wanted === undefined || coin === wanted).map((coin) => ({ name: coin, coin, remainAmount: '0', chains: [] })) };
    },
  };

  /** The account's, read where the first symbol has them. */
  async function settingsOf(account: string): Promise<AccountSettings> {
    const first = markets.all[0];
    if (first === undefined) throw new BybitFailure(10016, 'Server error.');
    return exchange.fetchSettings(account, first.symbol);
  }

  function markOf(symbol: string): string {
    return world.price(symbol)?.mark ?? '0';
  }

  function openRow(position: PositionRecord, at: number): Json {
    return positionRow(position, markOf(position.symbol), at);
  }

  /** Of one symbol, flat legs too: one row in one-way mode, two in hedge mode. */
  async function rowsOf(market: BybitMarket, positions: readonly PositionRecord[], account: string, at: number): Promise<readonly Json[]> {
    const settings = await exchange.fetchSettings(account, market.symbol);
    const legs = settings.positionMode === 'hedge' ? (['long', 'short'] as const) : (['both'] as const);
    return legs.map((leg) => {
      const open = positions.find(({ symbol, positionSide }) => symbol === market.symbol && positionSide === leg);
      return open === undefined ? flatPositionRow(market.id, leg, settings.leverage, markOf(market.symbol), at) : openRow(open, at);
    });
  }
}

async function orRiskLimit(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'INPUT_INVALID') throw new BybitFailure(110013, 'cannot set leverage due to risk limit');
    throw error;
  }
}
