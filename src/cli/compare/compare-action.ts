/** `hedgerow compare`: reads results of backtests and shows them side by side. */
import { inputError } from '../command-input.ts';
import type { CommandAction } from '../command-spec.ts';
import { Output } from '../output.ts';
import { styleFor } from '../style.ts';
import { compareResults } from './comparison.ts';
import type { Comparison, ResultFile } from './comparison.ts';
import { compareText } from './compare-text.ts';
import { readResultFile } from './read-results.ts';

export const compareAction: CommandAction = async (input, io) => {
  const files = input.argumentList(0);
  if (files.length < 2) throw inputError(`${files.length === 0 ? 'no file is' : 'one file is'} given; give two or more results of hedgerow backtest --json`);
  const results: ResultFile[] = [];
  for (const file of files) results.push(await readResultFile(file));
  const comparison = compareResults(results);
  if (comparison.plans.length === 0) throw nothingInAll(comparison);
  const output = new Output(io.stdout);
  await output.write(input.flag('json') ? `${JSON.stringify(comparison)}\n` : compareText(comparison, styleFor(io.stdout, io.env)));
  await output.flush();
  return 0;
};

function nothingInAll({ files }: Comparison): Error {
  return inputError(`no plan is in every file: ${files.map(({ file, plans }) => `${file} has ${plans.join(', ')}`).join('; ')}`);
}
