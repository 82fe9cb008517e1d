/** What an exchange says of a market in public: limits, steps, fees, and leverage tiers where they can be read without keys. */
import type { Json } from '../../../domain/json.ts';
import type { CcxtExchangeId } from '../load-exchange.ts';
import type { HistoryClient, HistoryMarket } from './history-client.ts';

/** Why there are no tiers to read. */
const WITHOUT_TIERS: Readonly<Partial<Record<CcxtExchangeId, string>>> = {
  binanceusdm: 'binanceusdm gives leverage tiers to keys only',
};

export function tiersRefusal(exchangeId: CcxtExchangeId): string | null {
  return WITHOUT_TIERS[exchangeId] ?? null;
}

/** The market in ccxt's unified form, the exchange's own record under `info`. Numbers are text, but for fees ccxt knows by heart. */
export function marketRecord(market: HistoryMarket): Json {
  return JSON.parse(JSON.stringify(market)) as Json;
}

/** Tiers in ccxt's unified form; Hyperliquid's are its margin table, of which maintenance is half of the initial margin. */
export async function readTiers(client: HistoryClient, market: HistoryMarket): Promise<Json> {
  if (client.exchangeId === 'hyperliquid') return hyperliquidTable(client, market);
  const tiers = await client.read('leverage tiers', (api) => api.fetchMarketLeverageTiers(market.symbol));
  return JSON.parse(JSON.stringify(tiers)) as Json;
}

interface HyperliquidMeta {
  readonly universe?: readonly { readonly name?: string; readonly maxLeverage?: number; readonly marginTableId?: number }[];
  readonly marginTables?: readonly (readonly [number, { readonly marginTiers?: readonly { readonly lowerBound: string; readonly maxLeverage: number }[] }])[];
}

async function hyperliquidTable(client: HistoryClient, market: HistoryMarket): Promise<Json> {
  const meta = (await client.read('margin tables', async (api) => api.publicPostInfo?.({ type: 'meta' }))) as HyperliquidMeta | undefined;
  const coin = meta?.universe?.find(({ name }) => name === market['baseName']);
  const table = meta?.marginTables?.find(([id]) => id === coin?.marginTableId)?.[1].marginTiers ?? [{ lowerBound: '0', maxLeverage: coin?.maxLeverage ?? null }];
  return table.map(({ lowerBound, maxLeverage }, index) => ({ tier: index + 1, symbol: market.symbol, minNotional: lowerBound, maxNotional: table[index + 1]?.lowerBound ?? null, maxLeverage }));
}
