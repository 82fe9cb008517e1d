/** `hedgerow exchange`: a wire server for one exchange, fed with prices until a signal ends it. */
import { createHash } from 'node:crypto';
import { didYouMean } from '../../adapters/yaml/problems.ts';
import { WireListener } from '../../adapters/wire/wire-listener.ts';
import type { WireListenerOptions } from '../../adapters/wire/wire-listener.ts';
import type { SimulatedMarket } from '../../sim/exchange/config.ts';
import { SimulatedExchange } from '../../sim/exchange/simulated-exchange.ts';
import { seededRandom } from '../../sim/random.ts';
import { seededFrameFaults, seededRequestFaults } from '../../sim/wire/wire-faults.ts';
import { WireWorld } from '../../sim/wire/wire-world.ts';
import type { WireAccount } from '../../sim/wire/wire-world.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { StopSignal } from '../run/stop-signal.ts';
import { playPrices, playgroundFeed } from './playground-prices.ts';
import { WIRE_SERVERS } from './wire-servers.ts';
import type { WireServer } from './wire-servers.ts';

const PORT_MAX = 65_535;
const LEVERAGE_MAX = 125;
const DEFAULT_SEED = '9';
const ACCOUNT = 'playground';
/**
 * Ids count on from the time of the start, by one in so many milliseconds: a client that ran through a restart must not take the trades
 * after it for those it has booked.
 */
const ID_EVERY_MS = 100;

export async function exchangeAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const server = serverNamed(input.argument(0));
  const port = input.whole('port', 0, PORT_MAX) ?? 0;
  const speed = speedOf(input.text('speed'));
  const seed = input.text('seed') ?? DEFAULT_SEED;
  const { feed, symbols } = await playgroundFeed(input.text('feed'), seed);
  const world = worldOf(server, symbols, input);
  const listener = new WireListener({ protocol: server.protocol(world), port, ...faultsOf(seed, input.whole('faults', 0, 1_000) ?? 0) });
  const stop = new StopSignal();
  try {
    await listener.start();
    const [account] = world.accounts;
    const access = account === undefined ? [] : server.access(listener.address, account);
    const strategy = `exchange: { id: ${server.id}, urls: { rest: 'http://${listener.address}', stream: 'ws://${listener.address}' } }`;
    const lines = [...access, `in a strategy file: ${strategy}`];
    io.stdout.write(`${server.id} on ${listener.address}, ${symbols.map(({ symbol }) => server.symbol?.(symbol) ?? symbol).join(', ')}\n${lines.map((line) => `  ${line}\n`).join('')}`);
    await playPrices(world, feed, speed, () => stop.received !== null);
    return 0;
  } finally {
    stop.release();
    await listener.close();
  }
}

function faultsOf(seed: string, perMille: number): Pick<WireListenerOptions, 'requestPolicy' | 'framePolicy'> {
  if (perMille === 0) return {};
  const random = seededRandom(seed).fork('wire-faults');
  return {
    requestPolicy: seededRequestFaults({ random: random.fork('requests'), perMille }),
    framePolicy: seededFrameFaults({ random: random.fork('frames'), perMille }),
  };
}

function serverNamed(id: string): WireServer {
  const server = WIRE_SERVERS.find((each) => each.id === id);
  const ids = WIRE_SERVERS.map((each) => each.id);
  if (server === undefined) throw inputError(`no server speaks ${JSON.stringify(id)}; give one of ${ids.join(', ')}${didYouMean(id, ids)}`);
  return server;
}

function speedOf(text: string | null): number {
  const [, factor] = /^(\d+(?:\.\d+)?)x?$/.exec(text ?? '1') ?? [];
  if (factor === undefined || Number(factor) <= 0) throw inputError(`--speed ${JSON.stringify(text)} is not a factor; write 1, 60x or 0.5`);
  return Number(factor);
}

function worldOf(server: WireServer, symbols: readonly Pick<SimulatedMarket, 'symbol' | 'tickSize'>[], input: CommandInput): WireWorld {
  const markets = symbols.map((symbol) => server.market?.(marketOf(symbol)) ?? marketOf(symbol));
  const { positionModes = ['hedge', 'one-way'] } = server;
  const exchange = new SimulatedExchange({
    markets,
    accounts: [
      {
        account: ACCOUNT,
        deposit: input.positive('deposit') ?? '100000',
        positionMode: input.choice('position-mode', positionModes, positionModes[0]),
        leverage: `${input.whole('leverage', 1, LEVERAGE_MAX) ?? 10}`,
        currency: server.currency,
      },
    ],
    // A request that arrives late is the protocol's to refuse.
    capabilities: { ...server.capabilities, requestDeadlineMs: 0 },
    anyClientOrderId: true,
    keepHistory: false,
    startAt: Date.now(),
    idsAfter: Math.floor(Date.now() / ID_EVERY_MS),
  });
  return new WireWorld({ exchange, markets, accounts: [server.account?.(playgroundAccount()) ?? playgroundAccount()], now: Date.now });
}

function marketOf({ symbol, tickSize }: Pick<SimulatedMarket, 'symbol' | 'tickSize'>): SimulatedMarket {
  const isBitcoin = symbol.startsWith('BTC/');
  const amountStep = isBitcoin ? '0.001' : '0.01';
  return { symbol, tickSize, amountStep, minAmount: amountStep, minCost: '5', takerFee: '0.0005', makerFee: '0.0002' };
}

/** The same means of access at every start: it guards play money. */
function playgroundAccount(): WireAccount {
  const derive = (name: string): string => createHash('sha256').update(`hedgerow playground ${name}`).digest('hex');
  return { account: ACCOUNT, apiKey: derive('key'), secret: derive('secret'), privateKey: `0x${derive('wallet')}` };
}
