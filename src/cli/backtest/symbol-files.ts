/** Which of the files on the command line are of a plan's symbol. */
import { tableFileFacts } from '../../adapters/files/candle-store/table-file-facts.ts';
import { inputError } from '../command-input.ts';

/**
 * The one file of the symbol: by what its name says, also by the base currency alone when the quote differs (USD for USDT); of a name
 * that says nothing when nothing else could be meant. Null: none. Throws INPUT_INVALID for two.
 */
export function fileOfSymbol(paths: readonly string[], symbol: string, symbols: readonly string[], flag: string): string | null {
  const isOneSymbol = symbols.length === 1;
  const named = paths.map((path) => ({ path, symbol: tableFileFacts(path).symbol }));
  const exact = named.filter((file) => file.symbol === symbol);
  const near = named.filter((file) => (file.symbol === null ? isOneSymbol : baseOf(file.symbol) === baseOf(symbol) && !symbols.includes(file.symbol)));
  const fitting = exact.length > 0 ? exact : near;
  if (fitting.length > 1) throw inputError(`${flag} is given twice for ${symbol}: ${fitting.map(({ path }) => path).join(', ')}; give one file`);
  return fitting[0]?.path ?? null;
}

function baseOf(symbol: string): string {
  return symbol.split('/')[0] ?? symbol;
}

/** What the names say, for messages. */
export function namedSymbols(paths: readonly string[]): string {
  return paths.map((path) => `${path} (${tableFileFacts(path).symbol ?? 'its name does not say of what'})`).join(', ');
}
