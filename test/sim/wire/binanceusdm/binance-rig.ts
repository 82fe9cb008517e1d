/** Binance's wire server, and the real ccxt client pointed at it. */
import type { binanceusdm } from 'ccxt';
import { loadCcxtClass } from '../../../../src/adapters/ccxt/load-exchange.ts';
import { BinanceProtocol } from '../../../../src/sim/wire/binanceusdm/binance-protocol.ts';
import type { BinanceProtocolOptions } from '../../../../src/sim/wire/binanceusdm/binance-protocol.ts';
import { WireRig } from '../wire-rig.ts';
import type { WireRigOptions } from '../wire-rig.ts';

export type BinanceRig = WireRig<BinanceProtocol>;

export function startBinance(options: Omit<WireRigOptions<BinanceProtocol>, 'protocol'> & Pick<BinanceProtocolOptions, 'weightLimit'> = {}): Promise<BinanceRig> {
  const { weightLimit, ...rest } = options;
  return WireRig.start({ ...rest, protocol: (world) => new BinanceProtocol({ world, ...(weightLimit !== undefined && { weightLimit }) }) });
}

/** What of the client's inside is used. */
interface Inside {
  urls: { api: Record<string, unknown> };
  loadHttpProxyAgent(): Promise<unknown>;
  getExceptionsByUrl(url: string, kind: string): unknown;
}

export async function binanceClient({ listener }: BinanceRig, config: Record<string, unknown> = {}): Promise<binanceusdm> {
  const Class = (await loadCcxtClass('binanceusdm', 'pro')) as unknown as new (config: Record<string, unknown>) => binanceusdm;
  const client = new Class({ apiKey: 'test-key', secret: 'test-secret', enableRateLimit: false, number: String, timeout: 2_000, options: { fetchCurrencies: false, fetchOpenOrders: { warnWithoutSymbol: false } }, ...config });
  const inside = client as unknown as Inside;
  redirect(inside.urls.api, listener.address);
  await inside.loadHttpProxyAgent();
  // Error tables are chosen by the address.
  const tables = inside.getExceptionsByUrl.bind(client);
  inside.getExceptionsByUrl = (url, kind) => tables(url.replace(`http://${listener.address}`, 'https://fapi.binance.com'), kind);
  return client;
}

function redirect(urls: Record<string, unknown>, address: string): void {
  for (const [name, url] of Object.entries(urls)) {
    if (typeof url === 'string') urls[name] = url.replace(/^(http|ws)s:\/\/[^/]+/, `$1://${address}`);
    else if (typeof url === 'object' && url !== null) redirect(url as Record<string, unknown>, address);
  }
}
