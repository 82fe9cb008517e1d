/** `hedgerow compare`: what it takes and says about itself; the work is in src/cli/compare. */
import type { CommandSpec } from '../command-spec.ts';

export const compareCommand: CommandSpec = {
  name: 'compare',
  summary: 'two or more results of backtests side by side',
  description:
    'Reads what hedgerow backtest --json wrote and holds every file against the first one: settings, assumptions and data that differ, every ' +
    'figure with its difference, and where the fills part ways, in money and in what was done when: the time, both fills, and the first ' +
    'cycle of each wallet that came out otherwise. Warns when periods, data, assumptions or versions are not the same. Files of several plans are compared plan by plan, by ' +
    'name; files of one plan each whatever it is called. What a figure means stands in each result under definitions.\n\n' +
    '--json prints {files: [{file, build, plans}], unmatched: [{plan, files}], plans: [{plan, runs: [{file, plan, symbol, strategyHash, ' +
    'resultHash}], isSameResult, settings, assumptions, data: [{path, values}], warnings, figures: [{name, kind, values, differences, isSame}], ' +
    'partings: [{file, money: PAIR, way: PAIR, cycles: [{wallet, cycle, first, other}]}]}]}, a PAIR being null or {sameFills, at, first, other, ' +
    'columns}. values and differences are in the ' +
    'order of the files; money keeps every digit, as text.',
  arguments: [{ syntax: '<result...>', description: 'files that hedgerow backtest --json wrote, two or more' }],
  options: [{ flags: '--json', description: 'one JSON document' }],
  examples: ['hedgerow compare before.json after.json', 'hedgerow compare 1x.json 2x.json 3x.json --json'],
  load: async () => (await import('../compare/compare-action.ts')).compareAction,
};
