/** A Bybit server for tests, and ccxt's own client pointed at it. */
import type { pro } from 'ccxt';
import { loadCcxtClass } from '../../../../src/adapters/ccxt/load-exchange.ts';
import { BYBIT_RULES, BybitProtocol } from '../../../../src/sim/wire/bybit/bybit-protocol.ts';
import { WireRig } from '../wire-rig.ts';
import type { BybitOptions } from '../../../../src/sim/wire/bybit/bybit-protocol.ts';
import type { WireRigOptions } from '../wire-rig.ts';

export type BybitRig = WireRig<BybitProtocol>;

/** With Bybit's rules; late requests are the protocol's to refuse. */
export function startBybitRig({ config, isDemo, limits, ...options }: Omit<WireRigOptions<BybitProtocol>, 'protocol'> & BybitOptions = {}): Promise<BybitRig> {
  return WireRig.start({ ...options, protocol: (world) => new BybitProtocol(world, { ...(isDemo !== undefined && { isDemo }), ...(limits !== undefined && { limits }) }), config: { ...config, capabilities: { ...BYBIT_RULES, requestDeadlineMs: 0, ...config?.capabilities } } });
}

/** Bodies of the POSTs so far, with their paths. */
export function postsTo({ listener }: BybitRig): readonly { readonly path: string; readonly body: unknown }[] {
  return listener.requests.filter(({ method }) => method === 'POST').map(({ path, body }) => ({ path, body: JSON.parse(body) as unknown }));
}

/** ccxt.pro's own client, unchanged, with floats as it has them. */
export async function ccxtClient({ listener, world }: BybitRig): Promise<InstanceType<(typeof pro)['bybit']>> {
  const { apiKey, secret } = world.accounts[0] ?? { apiKey: '', secret: '' };
  const Class = await loadCcxtClass('bybit', 'pro');
  const client = new Class({ apiKey, secret, enableRateLimit: false, options: { fetchMarkets: { types: ['linear'] } } });
  const toServer = (urls: unknown): unknown =>
    typeof urls === 'string'
      ? urls.replace(/^https?:\/\/[^/]+/, `http://${listener.address}`).replace(/^wss?:\/\/[^/]+/, `ws://${listener.address}`)
      : Object.fromEntries(Object.entries(urls as Record<string, unknown>).map(([key, value]) => [key, toServer(value)]));
  (client.urls as { api: unknown }).api = toServer(client.urls['api']);
  await client.loadHttpProxyAgent();
  return client;
}

/** Resolves when the server has acknowledged this many subscriptions of the client; call it before they begin. */
export function acknowledged(client: Awaited<ReturnType<typeof ccxtClient>>, count: number): Promise<void> {
  const streaming = client as unknown as { handleMessage: (connection: unknown, message: { op?: string }) => unknown };
  const toCcxt = streaming.handleMessage.bind(client);
  let seen = 0;
  return new Promise((resolve) => {
    streaming.handleMessage = (connection, message) => {
      if (message.op === 'subscribe') seen += 1;
      if (seen === count) resolve();
      return toCcxt(connection, message);
    };
  });
}
