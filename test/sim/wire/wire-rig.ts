/** A wire server of one exchange for tests: one account, BTC and ETH, a clock that can be moved, and the simulated exchange behind it. */
import { WireListener } from '../../../src/adapters/wire/wire-listener.ts';
import type { WireProtocol } from '../../../src/ports/wire.ts';
import type { SimulatedAccount, SimulatedExchangeConfig, SimulatedMarket } from '../../../src/sim/exchange/config.ts';
import { SimulatedExchange } from '../../../src/sim/exchange/simulated-exchange.ts';
import { WireWorld } from '../../../src/sim/wire/wire-world.ts';
import type { WireAccount } from '../../../src/sim/wire/wire-world.ts';
import { BTC_MARKET, ETH_MARKET } from '../exchange/world.ts';

export interface WireRigOptions<P extends WireProtocol> {
  readonly protocol: (world: WireWorld) => P;
  readonly account?: Partial<SimulatedAccount>;
  readonly access?: Partial<WireAccount>;
  readonly markets?: readonly SimulatedMarket[];
  readonly config?: Partial<SimulatedExchangeConfig>;
  /** Default 60000 for BTC, 3000 for ETH. */
  readonly prices?: Readonly<Record<string, string>>;
}

export class WireRig<P extends WireProtocol> {
  readonly exchange: SimulatedExchange;
  readonly world: WireWorld;
  readonly protocol: P;
  readonly listener: WireListener;
  /** Ms the server's clock is ahead of this machine's. */
  clockAheadMs = 0;

  constructor({ protocol, account, access, markets = [BTC_MARKET, ETH_MARKET], config, prices = { 'BTC/USDT:USDT': '60000', 'ETH/USDT:USDT': '3000' } }: WireRigOptions<P>) {
    const now = (): number => Date.now() + this.clockAheadMs;
    this.exchange = new SimulatedExchange({
      markets,
      accounts: [{ account: 'main', deposit: '100000', positionMode: 'hedge', leverage: '10', ...account }],
      capabilities: { amendsConditional: false, requestDeadlineMs: 0 },
      anyClientOrderId: true,
      startAt: now(),
      ...config,
    });
    this.world = new WireWorld({ exchange: this.exchange, markets, accounts: [{ account: 'main', apiKey: 'test-key', secret: 'test-secret', ...access }], now });
    for (const { symbol } of markets) if (prices[symbol] !== undefined) this.world.tick(symbol, prices[symbol]);
    this.protocol = protocol(this.world);
    this.listener = new WireListener({ protocol: this.protocol, now });
  }

  static async start<P extends WireProtocol>(options: WireRigOptions<P>): Promise<WireRig<P>> {
    const rig = new WireRig(options);
    await rig.listener.start();
    return rig;
  }

  price(last: string, mark = last, symbol = 'BTC/USDT:USDT'): void {
    this.world.tick(symbol, last, mark);
  }

  /** `leg amount`, of all open legs; shorts negative. */
  legs(account = 'main'): readonly string[] {
    return this.exchange.accountTruth(account).positions.map((leg) => `${leg.positionSide} ${leg.amount}`);
  }

  /** Method and path of each request since the log was emptied, oldest first. */
  paths(): readonly string[] {
    return this.listener.requests.map(({ method, path }) => `${method} ${path}`);
  }

  close(): Promise<void> {
    return this.listener.close();
  }
}

/** Waits until it is true; fails after `timeoutMs`. */
export async function until(isTrue: () => boolean, timeoutMs = 3_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${isTrue.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
