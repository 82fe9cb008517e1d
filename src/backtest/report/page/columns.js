// Reads the columns again that packed-columns.ts and embedded-candles.ts packed: base64, raw deflate, varints.

/** @typedef {import('../packed-columns.ts').PackedColumn} PackedColumn */
/** @typedef {{ timeframeMs: number, length: number, at: Float64Array, open: Float64Array, high: Float64Array, low: Float64Array, close: Float64Array }} Bars */

/** @param {string} text base64 @returns {Promise<Uint8Array>} */
async function inflated(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Columns {
  /** @param {Uint8Array} bytes @param {readonly PackedColumn[]} columns */
  constructor(bytes, columns) {
    /** @type {Map<string, Float64Array>} */
    this.numbersByName = new Map();
    /** @type {Map<string, string[]>} */
    this.textsByName = new Map();
    let at = 0;
    for (const column of columns) {
      const part = bytes.subarray(at, at + column.bytes);
      at += column.bytes;
      if (column.kind === 'texts') this.textsByName.set(column.name, textsIn(part));
      else this.numbersByName.set(column.name, column.kind === 'bytes' ? Float64Array.from(part) : numbersIn(part, column));
    }
  }

  /** @param {string} name @returns {Float64Array} */
  numbers(name) {
    const column = this.numbersByName.get(name);
    if (column === undefined) throw new Error(`the report lacks its column ${name}`);
    return column;
  }

  /** @param {string} name @returns {string[]} */
  texts(name) {
    const column = this.textsByName.get(name);
    if (column === undefined) throw new Error(`the report lacks its column ${name}`);
    return column;
  }

  /** @param {string} name @param {number} timeframeMs @param {number} decimals @returns {Bars} */
  bars(name, timeframeMs, decimals) {
    const at = this.numbers(`${name}.at`);
    const [open, high, low, close] = [this.numbers(`${name}.open`), this.numbers(`${name}.high`), this.numbers(`${name}.low`), this.numbers(`${name}.close`)];
    const scale = 10 ** decimals;
    let before = 0;
    for (let i = 0; i < at.length; i += 1) {
      const o = before + /** @type {number} */ (open[i]);
      const c = o + /** @type {number} */ (close[i]);
      open[i] = o / scale;
      high[i] = (Math.max(o, c) + /** @type {number} */ (high[i])) / scale;
      low[i] = (Math.min(o, c) - /** @type {number} */ (low[i])) / scale;
      close[i] = c / scale;
      before = c;
    }
    return { timeframeMs, length: at.length, at, open, high, low, close };
  }
}

/** @param {Uint8Array} bytes @returns {string[]} */
function textsIn(bytes) {
  const texts = new TextDecoder().decode(bytes).split('\n');
  texts.pop();
  return texts;
}

/** @param {Uint8Array} bytes @param {PackedColumn} column @returns {Float64Array} */
function numbersIn(bytes, { kind, rows, decimals, factor }) {
  const values = new Float64Array(rows);
  const isDifferences = kind === 'differences';
  const scale = 10 ** decimals;
  let at = 0;
  let before = 0;
  for (let i = 0; i < rows; i += 1) {
    let byte = bytes[at] ?? 0;
    at += 1;
    let zigzag = byte & 127;
    for (let weight = 128; byte > 127; weight *= 128) {
      byte = bytes[at] ?? 0;
      at += 1;
      zigzag += (byte & 127) * weight;
    }
    const step = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    const value = isDifferences ? before + step : step;
    before = value;
    values[i] = scale === 1 ? value * factor : value / scale;
  }
  return values;
}
