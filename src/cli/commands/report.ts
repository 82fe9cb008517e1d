/** `hedgerow report`: what it takes and says about itself; the work is in src/cli/report. */
import type { CommandSpec } from '../command-spec.ts';

export const reportCommand: CommandSpec = {
  name: 'report',
  summary: 'what plans earned and paid: per wallet, cycle, phase and kind of order',
  description:
    'Reads the ledger of every plan in the store (or of those named): realised and unrealised results, fees, funding, win rate, time in ' +
    'each phase, slippage against the trigger, order-to-fill times, resets. Reads only. With DATABASE_URL it works while a bot runs; on an ' +
    'embedded store stop the bot first.\n\n' +
    'Money in --json and --csv keeps every digit, as text. --json prints {store, since, plans: [{plan, venue, symbol, operation, ' +
    'operationReason, phase, startedAt, asOf, price, FIGURES, resets, wonCycles, winRate, requests: [{kind, sent, done, refused, unknown, ' +
    'pending, answerMs}], wallets: [{wallet, account, phase, unit, entryPrice, long, short, FIGURES, resets, wonCycles, winRate, phases: ' +
    '[{phase, entered, seconds, share}], roles: [{role, realised, fees, funding, net, turnover, fills, slippage, slippageBps, orders: {placed, ' +
    'filled, partlyFilled, cancelled, refused, working}, orderToFillMs}], cycles: [{cycle, startedAt, endedAt, startReason, endReason, ' +
    'seconds, anchor, unitSize, profit, profitPercent, realised, unrealisedChange, fees, funding, turnover, fills}]}]}]}. FIGURES of now: ' +
    'capital, equity, unrealised, profit = equity - capital; of the period: realised, fees, funding, net = realised - fees + funding, ' +
    'turnover, fills. Times are {p50, p99, max} in milliseconds or null; orderToFillMs counts from the request to the first fill, so orders ' +
    'that rest count their rest. Cycles are those that ended in the period, and the running ones.\n\n' +
    '--csv writes one file for each view of the ledger (fills, cycles, orders, funding, …); files of the same names are replaced.',
  arguments: [{ syntax: '[path...]', description: 'strategy files, or folders of them, whose plans to report (default: every plan in the store)' }],
  options: [
    { flags: '--plan <name>', description: 'plan to report, by name', isRepeatable: true },
    { flags: '--since <when>', description: 'only what happened since a day (2026-11-01), a time (2026-11-01T12:00Z), or for so long before the newest record: 90m, 12h, 7d, 4w' },
    { flags: '--json', description: 'one JSON document' },
    { flags: '--csv <folder>', description: 'write the ledger as CSV files into this folder' },
    { flags: '--data <folder>', description: 'data folder (default .hedgerow)' },
  ],
  examples: ['hedgerow report', 'hedgerow report --plan btc-rotation --since 7d', 'hedgerow report strategies/btc-rotation.yaml --json', 'hedgerow report --csv ledger'],
  load: async () => (await import('../report/report-action.ts')).reportAction,
};
