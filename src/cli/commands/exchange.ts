/** `hedgerow exchange`: what it takes and says about itself; the work is in src/cli/exchange. */
import type { CommandSpec } from '../command-spec.ts';

export const exchangeCommand: CommandSpec = {
  name: 'exchange',
  summary: 'serve a simulated exchange that speaks a real one’s protocol',
  description:
    'Starts a server on this machine that answers like the exchange named, over HTTP and WebSocket, for the endpoints a trading client needs. ' +
    'Orders are filled by the simulated exchange on generated prices or on a file. Point any client at it, or a strategy: what to set is printed.\n\n' +
    'It listens on 127.0.0.1 only and holds everything in memory: a restart begins anew. SIGINT and SIGTERM end it.',
  arguments: [{ syntax: '<exchange>', description: 'binanceusdm, bybit or hyperliquid' }],
  options: [
    { flags: '--port <port>', description: 'port to listen on (default 0: any free one)' },
    { flags: '--feed <file>', description: 'candle or trade file to take prices from; its name tells the symbol' },
    { flags: '--seed <seed>', description: 'seed of the price generator and of --faults (default 9)' },
    { flags: '--speed <factor>', description: 'how fast prices pass: 1x as recorded (default), 60x, …' },
    { flags: '--deposit <amount>', description: 'quote currency in the account (default 100000)' },
    { flags: '--position-mode <mode>', description: 'hedge (default) or one-way; hyperliquid has one-way only' },
    { flags: '--faults <count>', description: 'of a thousand requests and messages, how many a bad network hits: timeouts, resets, 5xx, lost and doubled messages (default 0)' },
    { flags: '--leverage <factor>', description: 'leverage of every symbol (default 10)' },
  ],
  examples: ['hedgerow exchange binanceusdm --port 8080', 'hedgerow exchange binanceusdm --port 8080 --feed candles_BTCUSDT_1m.csv.gz --speed 60x'],
  outlivesItsReader: true,
  load: async () => (await import('../exchange/exchange-action.ts')).exchangeAction,
};
