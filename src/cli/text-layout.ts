/** Columns and wrapped lists for a terminal, by padding alone. */

/** Lines fit into this many columns. */
export const LINE_COLUMNS = 100;

export type Alignment = 'left' | 'right';

/** Rows as lines; every column as wide as its widest cell, two blanks between. Cells hold no colours. */
export function columns(rows: readonly (readonly string[])[], alignments: readonly Alignment[]): string[] {
  const widths = alignments.map((_, column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) =>
    alignments
      .map((alignment, column) => padded(row[column] ?? '', widths[column] ?? 0, alignment))
      .join('  ')
      .trimEnd(),
  );
}

function padded(text: string, width: number, alignment: Alignment): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return alignment === 'right' ? blanks + text : text + blanks;
}

/** Symbols and names are of single-width characters; only their number counts. */
function widthOf(text: string): number {
  return [...text].length;
}

/** `label item, item, …` broken between items; later lines are indented to the first item. */
export function wrappedList(label: string, items: readonly string[], separator = ', '): string[] {
  const indent = ' '.repeat(widthOf(label));
  const lines: string[] = [];
  let line = label;
  let isEmpty = true;
  for (const item of items) {
    if (!isEmpty && widthOf(line) + widthOf(separator) + widthOf(item) > LINE_COLUMNS) {
      lines.push(`${line}${separator.trimEnd()}`);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? item : separator + item;
    isEmpty = false;
  }
  return [...lines, line.trimEnd()];
}

/** A sentence broken between words; later lines are indented to the first word. */
export function wrappedText(label: string, text: string): string[] {
  return wrappedList(label, text.split(' '), ' ');
}

/** `+6`, `0`, `−1`. */
export function signed(level: number): string {
  return level > 0 ? `+${level}` : level < 0 ? `−${-level}` : '0';
}
