// What is drawn over the candles: orders as they rested, fills, resets, gaps, liquidations, and the times the plan did not run.

/** @typedef {ReturnType<typeof placing> & { y: (price: number) => number, chart: Chart, ctx: CanvasRenderingContext2D }} Paper */
/** @typedef {{ length: number, wallet: Float64Array, role: Float64Array, price: Float64Array, from: Float64Array, until: Float64Array }} Orders */
/** @typedef {{ length: number, at: Float64Array, price: Float64Array, role: Float64Array, sell: Float64Array, leveled: Float64Array }} FillMarks */

/** More orders than this are drawn as bands, more fills as dots. */
const LINES_MOST = 2_500;
const TRIANGLES_MOST = 700;
/** Up to this many orders get their name written on. */
const NAMED_MOST = 14;
const NAMED_AMONG_MOST = 150;
/** Up to this many resets get a line each. */
const RESETS_MOST = 80;
const TRIANGLE = 6.5;

/** Rows that rested at some time of the stretch; rows are in the order they began. @param {Orders} orders @param {Stretch} shown @param {(row: number) => boolean} isWanted */
function ordersIn(orders, { from, to }, isWanted) {
  const end = lowerBound(orders.from, to, orders.length);
  const rows = [];
  for (let row = 0; row < end; row += 1) if (valueAt(orders.until, row) >= from && isWanted(row)) rows.push(row);
  return rows;
}

/** @param {Paper} paper @param {Orders} orders @param {number[]} rows @param {readonly string[]} roles */
function drawOrderLines({ ctx, x, y, pixel, left, right }, orders, rows, roles) {
  for (const [index, role] of roles.entries()) {
    const look = roleLook(role);
    ctx.beginPath();
    for (const row of rows) {
      if (valueAt(orders.role, row) !== index) continue;
      const height = Math.round(y(valueAt(orders.price, row))) + 0.5;
      ctx.moveTo(Math.max(left, x(valueAt(orders.from, row))), height);
      ctx.lineTo(Math.min(right, Math.max(x(valueAt(orders.from, row)) + pixel, x(valueAt(orders.until, row)))), height);
    }
    ctx.setLineDash(look.dash.map((length) => length * pixel));
    ctx.lineWidth = (rows.length < 300 ? 1.6 : 1) * pixel;
    ctx.strokeStyle = colour(look.colour);
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

/** Names and prices of the orders that rest at the right end. @param {Paper} paper @param {Orders} orders @param {number[]} rows @param {readonly string[]} roles @param {Stretch} shown @param {readonly string[]} wallets */
function nameOrders({ ctx, y, pixel, right, top, bottom }, orders, rows, roles, shown, wallets) {
  if (rows.length > NAMED_AMONG_MOST) return;
  const atEnd = rows.filter((row) => valueAt(orders.until, row) >= shown.to && valueAt(orders.from, row) <= shown.to);
  if (atEnd.length > NAMED_MOST) return;
  ctx.font = `${10.5 * pixel}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'bottom';
  /** @type {Map<number, string[]>} */
  const names = new Map();
  for (const row of atEnd) {
    const price = valueAt(orders.price, row);
    names.set(price, [...(names.get(price) ?? []), `${wallets[valueAt(orders.wallet, row)] ?? ''} ${roles[valueAt(orders.role, row)] ?? ''}`]);
  }
  let last = Infinity;
  for (const [price, texts] of [...names].sort(([a], [b]) => a - b)) {
    const height = y(price) - pixel;
    if (height < top + 10 * pixel || height > bottom || last - height < 12 * pixel) continue;
    last = height;
    const text = `${[...new Set(texts)].join(' + ')}  ${figureText(price, decimalsFor(price))}`;
    const width = ctx.measureText(text).width;
    ctx.fillStyle = translucent(colour('--ground'), 0.8);
    ctx.fillRect(right - width - 8 * pixel, height - 12 * pixel, width + 6 * pixel, 12 * pixel);
    ctx.fillStyle = colour('--text');
    ctx.fillText(text, right - 5 * pixel, height);
  }
}

/** Decimals that a price is told with. @param {number} price */
function decimalsFor(price) {
  return price >= 1_000 ? 1 : price >= 1 ? 3 : 6;
}

/** Of each kind of order the stretch between its lowest and its highest, column by column. @param {Paper} paper @param {Orders} orders @param {number[]} rows @param {readonly string[]} roles */
function drawOrderBands({ ctx, x, y, left, width }, orders, rows, roles) {
  const columns = Math.ceil(width);
  for (const [index, role] of roles.entries()) {
    const low = new Float64Array(columns).fill(Infinity);
    const high = new Float64Array(columns).fill(-Infinity);
    for (const row of rows) {
      if (valueAt(orders.role, row) !== index) continue;
      const price = valueAt(orders.price, row);
      const first = Math.max(0, Math.floor(x(valueAt(orders.from, row)) - left));
      const last = Math.min(columns - 1, Math.floor(x(valueAt(orders.until, row)) - left));
      for (let column = first; column <= last; column += 1) {
        if (price < valueAt(low, column)) low[column] = price;
        if (price > valueAt(high, column)) high[column] = price;
      }
    }
    ctx.fillStyle = translucent(colour(roleLook(role).colour), 0.38);
    ctx.beginPath();
    for (let column = 0; column < columns; column += 1) {
      if (valueAt(high, column) === -Infinity) continue;
      const upper = y(valueAt(high, column));
      ctx.rect(left + column, upper, 1, Math.max(1, y(valueAt(low, column)) - upper));
    }
    ctx.fill();
  }
}

/** @param {Paper} paper @param {FillMarks} fills @param {number} row @param {readonly string[]} roles @param {boolean} isChosen */
function drawFillMark({ ctx, x, y, pixel }, fills, row, roles, isChosen) {
  const [across, up] = [x(valueAt(fills.at, row)), y(valueAt(fills.price, row))];
  const size = (isChosen ? 1.7 : 1) * TRIANGLE * pixel;
  const points = valueAt(fills.sell, row) === 1 ? 1 : -1;
  ctx.beginPath();
  if (valueAt(fills.leveled, row) === 1) {
    ctx.moveTo(across, up);
    ctx.lineTo(across - size * 0.75, up - points * size * 1.35);
    ctx.lineTo(across + size * 0.75, up - points * size * 1.35);
  } else {
    ctx.moveTo(across, up - size);
    ctx.lineTo(across + size, up);
    ctx.lineTo(across, up + size);
    ctx.lineTo(across - size, up);
  }
  ctx.closePath();
  ctx.fillStyle = colour(roleLook(roles[valueAt(fills.role, row)] ?? '').colour);
  ctx.fill();
  ctx.lineWidth = (isChosen ? 2 : 1) * pixel;
  ctx.strokeStyle = colour(isChosen ? '--text' : '--ground');
  ctx.stroke();
}

/** One dot where many fall together. @param {Paper} paper @param {FillMarks} fills @param {number[]} rows @param {readonly string[]} roles */
function drawFillDots({ ctx, x, y, pixel, left, width, top }, fills, rows, roles) {
  const size = 2 * pixel;
  const columns = Math.ceil(width / size);
  for (const [index, role] of roles.entries()) {
    const taken = new Set();
    ctx.beginPath();
    for (const row of rows) {
      if (valueAt(fills.role, row) !== index) continue;
      const column = Math.round((x(valueAt(fills.at, row)) - left) / size);
      const line = Math.round((y(valueAt(fills.price, row)) - top) / size);
      const cell = line * columns + column;
      if (taken.has(cell)) continue;
      taken.add(cell);
      ctx.rect(left + column * size - size / 2, top + line * size - size / 2, size, size);
    }
    ctx.fillStyle = translucent(colour(roleLook(role).colour), 0.6);
    ctx.fill();
  }
}

/** @param {Paper} paper @param {readonly number[]} times */
function drawResets({ ctx, x, top, bottom, pixel }, times) {
  const isFew = times.length <= RESETS_MOST;
  ctx.beginPath();
  for (const time of times) {
    const across = Math.round(x(time)) + 0.5;
    ctx.moveTo(across, top);
    ctx.lineTo(across, isFew ? bottom : top + 6 * pixel);
  }
  ctx.setLineDash(isFew ? [1.5 * pixel, 4 * pixel] : []);
  ctx.lineWidth = pixel;
  ctx.strokeStyle = translucent(colour('--quiet'), isFew ? 0.9 : 0.35);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** Hatched: nothing is known there. @param {Paper} paper @param {readonly { from: number, until: number }[]} gaps @param {Stretch} shown */
function drawGaps({ ctx, x, top, height, bottom, pixel, left, right }, gaps, shown) {
  for (const gap of gaps) {
    if (gap.until < shown.from || gap.from > shown.to) continue;
    const begin = Math.max(left, x(gap.from));
    const width = Math.max(pixel, Math.min(right, x(gap.until)) - begin);
    ctx.save();
    ctx.beginPath();
    ctx.rect(begin, top, width, height);
    ctx.clip();
    ctx.fillStyle = translucent(colour('--gap'), width < 4 * pixel ? 0.45 : 0.15);
    ctx.fillRect(begin, top, width, height);
    ctx.beginPath();
    for (let across = begin - height; across < begin + width; across += 8 * pixel) {
      ctx.moveTo(across, bottom);
      ctx.lineTo(across + height, top);
    }
    ctx.lineWidth = pixel;
    ctx.strokeStyle = translucent(colour('--gap'), 0.35);
    ctx.stroke();
    ctx.restore();
  }
}

/** Times at which the plan was paused, halted, flattened or diverged. @param {readonly { at: number, operation: string }[]} operations @param {number} end @param {Stretch} shown */
function stopsIn(operations, end, shown) {
  return operations.map(({ at, operation }, i) => ({ from: at, until: operations[i + 1]?.at ?? end, operation })).filter(({ from, until, operation }) => operation !== 'running' && until >= shown.from && from <= shown.to);
}

/** @param {Paper} paper @param {ReturnType<typeof stopsIn>} stops */
function drawStops({ ctx, x, top, height, pixel, left, right }, stops) {
  ctx.fillStyle = translucent(colour('--alarm'), 0.12);
  for (const { from, until } of stops) {
    const begin = Math.max(left, x(from));
    ctx.fillRect(begin, top, Math.max(2 * pixel, Math.min(right, x(until)) - begin), height);
  }
}

/** @param {Paper} paper @param {ReturnType<typeof stopsIn>} stops */
function nameStops({ ctx, x, top, pixel, left, right }, stops) {
  let named = -Infinity;
  for (const { from, operation } of stops) {
    const begin = Math.max(left, x(from));
    if (begin - named < 70 * pixel) continue;
    label(ctx, operation, begin + 4 * pixel, top + 30 * pixel, pixel, right);
    named = begin;
  }
}

/** @param {Paper} paper @param {readonly { at: number, price: string, leg: string }[]} liquidations @param {Stretch} shown */
function drawLiquidations({ ctx, x, y, top, bottom, pixel, right }, liquidations, shown) {
  let named = -Infinity;
  for (const { at, price } of liquidations) {
    if (at < shown.from || at > shown.to) continue;
    const [across, up, arm] = [x(at), y(Number(price)), 6 * pixel];
    ctx.strokeStyle = colour('--alarm');
    ctx.lineWidth = 1.5 * pixel;
    ctx.beginPath();
    ctx.moveTo(across, top);
    ctx.lineTo(across, bottom);
    ctx.stroke();
    ctx.lineWidth = 3 * pixel;
    ctx.beginPath();
    ctx.moveTo(across - arm, up - arm);
    ctx.lineTo(across + arm, up + arm);
    ctx.moveTo(across + arm, up - arm);
    ctx.lineTo(across - arm, up + arm);
    ctx.stroke();
    if (across - named > 70 * pixel) {
      label(ctx, 'liquidated', across + 4 * pixel, top + 10 * pixel, pixel, right);
      named = across;
    }
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} across @param {number} middle @param {number} pixel @param {number} right */
function label(ctx, text, across, middle, pixel, right) {
  ctx.font = `600 ${10.5 * pixel}px system-ui, sans-serif`;
  const width = ctx.measureText(text).width;
  const left = Math.min(across, right - width - 8 * pixel);
  ctx.fillStyle = colour('--alarm');
  ctx.fillRect(left, middle - 8 * pixel, width + 8 * pixel, 16 * pixel);
  ctx.fillStyle = colour('--ground');
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(text, left + 4 * pixel, middle);
}
