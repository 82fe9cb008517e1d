/**
 * Columns of numbers and texts in few bytes: differences as zigzag varints, one column after the other, made to be deflated as one piece.
 * Read again by page/columns.js, whose test holds both together.
 */

/** How to read one column again. */
export interface PackedColumn {
  readonly name: string;
  /**
   * `bytes`: one unsigned byte a value. `integers`: value · 10^−decimals. `differences`: the same, each value as difference to the one
   * before it. `texts`: UTF-8, values ended by a line feed.
   */
  readonly kind: 'bytes' | 'integers' | 'differences' | 'texts';
  readonly rows: number;
  readonly decimals: number;
  /** Multiplied in after reading: times that are all whole minutes are kept as minutes. */
  readonly factor: number;
  readonly bytes: number;
}

export interface PackedColumns {
  readonly columns: readonly PackedColumn[];
  readonly bytes: Uint8Array;
}

/** Significant digits kept of numbers that are only drawn. */
const DRAWN_DIGITS = 9;

export class ColumnPacker {
  readonly #columns: PackedColumn[] = [];
  readonly #parts: Uint8Array[] = [];

  bytes(name: string, values: ArrayLike<number>): this {
    return this.#add({ name, kind: 'bytes', rows: values.length, decimals: 0, factor: 1 }, Uint8Array.from(values));
  }

  /** Whole numbers in no order. */
  integers(name: string, values: ArrayLike<number>, decimals = 0): this {
    return this.#add({ name, kind: 'integers', rows: values.length, decimals, factor: 1 }, varints(values, 1, false));
  }

  /** Whole numbers that are near the one before them; kept as multiples of `factor`, which has to divide all. */
  differences(name: string, values: ArrayLike<number>, { decimals = 0, factor = 1 } = {}): this {
    return this.#add({ name, kind: 'differences', rows: values.length, decimals, factor }, varints(values, factor, true));
  }

  /** Numbers that are only drawn: rounded to nine digits of the largest. */
  drawn(name: string, values: ArrayLike<number>): this {
    let largest = 0;
    for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(values[i] ?? 0));
    const decimals = largest > 0 ? DRAWN_DIGITS - 1 - Math.floor(Math.log10(largest)) : 0;
    const scaled = Float64Array.from(values, (value) => Math.round(value * 10 ** decimals));
    return this.differences(name, scaled, { decimals });
  }

  /** Texts without line feeds. */
  texts(name: string, values: readonly string[]): this {
    const text = values.map((value) => `${value.replaceAll('\n', ' ')}\n`).join('');
    return this.#add({ name, kind: 'texts', rows: values.length, decimals: 0, factor: 1 }, new TextEncoder().encode(text));
  }

  packed(): PackedColumns {
    const bytes = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { columns: this.#columns, bytes };
  }

  #add(column: Omit<PackedColumn, 'bytes'>, part: Uint8Array): this {
    this.#columns.push({ ...column, bytes: part.length });
    this.#parts.push(part);
    return this;
  }
}

/** A whole number below 2^53 takes at most eight groups of seven bits. */
const VARINT_BYTES_MAX = 8;
const INT32_MOST = 2 ** 31 - 1;

function varints(values: ArrayLike<number>, factor: number, isDifferences: boolean): Uint8Array {
  const bytes = new Uint8Array(values.length * VARINT_BYTES_MAX);
  let at = 0;
  let before = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = (values[i] ?? 0) / factor;
    const step = isDifferences ? value - before : value;
    before = value;
    let rest = step < 0 ? -2 * step - 1 : 2 * step;
    while (rest > INT32_MOST) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    let small = rest | 0;
    while (small > 127) {
      bytes[at++] = (small & 127) | 128;
      small >>>= 7;
    }
    bytes[at++] = small;
  }
  return bytes.slice(0, at);
}
