/** Strategy texts the tests of this folder share. */
import { readFileSync, readdirSync } from 'node:fs';
import { HedgerowError } from '../../../src/domain/errors.ts';
import { parseStrategy } from '../../../src/adapters/yaml/load-strategy.ts';

/** What a file needs at least; five lines, wallets last. */
export const MINIMAL = `version: 1
name: a
symbol: BTC/USDT:USDT
leverage: 3
unit: { percent: 1% }
wallets: { hedge: }
`;

const FOLDER = new URL('../../../strategies/', import.meta.url);

export const EXAMPLES: ReadonlyArray<readonly [fileName: string, text: string]> = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]);

/** MINIMAL with one of its lines replaced; the line is found by its key. */
export function withLine(line: string): string {
  const key = `${line.split(':')[0]}:`;
  const lines = MINIMAL.trimEnd().split('\n');
  const index = lines.findIndex((each) => each.startsWith(key));
  if (index === -1) return `${MINIMAL}${line}\n`;
  lines[index] = line;
  return `${lines.join('\n')}\n`;
}

/** The whole message of the refusal; throws when the text is accepted. */
export function refusal(text: string): string {
  try {
    parseStrategy(text, 'f.yaml');
  } catch (error) {
    if (error instanceof HedgerowError && error.code === 'STRATEGY_INVALID') return error.message;
    throw error;
  }
  throw new Error(`accepted, expected a refusal:\n${text}`);
}

/** The problem lines of a refusal, without file name and excerpts. */
export function problemLines(text: string): string[] {
  return refusal(text)
    .split('\n')
    .filter((line) => line.startsWith('f.yaml:'))
    .map((line) => line.slice('f.yaml:'.length));
}
