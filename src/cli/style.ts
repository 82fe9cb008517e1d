/** Colours for terminals: none when the output is no terminal, or NO_COLOR is set. */

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
}

const paint = (open: number, close: number) => (text: string): string => `\u001b[${open}m${text}\u001b[${close}m`;
const same = (text: string): string => text;

const COLOURED: Style = { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), yellow: paint(33, 39), green: paint(32, 39) };
const PLAIN: Style = { bold: same, dim: same, red: same, yellow: same, green: same };

export function styleFor(stream: { readonly isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): Style {
  const isRefused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  return stream.isTTY === true && !isRefused ? COLOURED : PLAIN;
}

/** Names and texts of files may hold control characters, which a terminal would obey; only the colours of the style are left in. */
export function printable(line: string): string {
  return line.replace(/\u001b\[(?:1|2|22|31|32|33|39)m|[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (found) => (found.length > 1 ? found : '·'));
}
