/** The report in a real browser, offline: it draws, zooms, sorts and prints, says nothing on the console, and lets nothing hostile run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportHtml } from '../../../src/cli/backtest/report-file.ts';
import type { RunRecord } from '../../../src/backtest/run-record.ts';
import { generatedCandles, generatedRun } from './generated-run.ts';
import { generatedReport } from './generated-report.ts';
import { hostileReport } from './hostile-report.ts';

/** Debian's; null where there is none. */
const BROWSER = ['chromium', 'chromium-browser', 'google-chrome'].map(programPath).find((path) => path !== null) ?? null;

function programPath(name: string): string | null {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const candles = generatedCandles(60_000, { gapEvery: 25_000 });

describe.runIf(BROWSER !== null)('in a browser', () => {
  let browser: Browser;
  let folder: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-report-'));
    browser = await chromium.launch({ executablePath: BROWSER ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function opened(html: string, { scheme = 'light' as 'light' | 'dark', width = 1400, height = 1000 } = {}): Promise<Page> {
    const path = join(folder, `report-${complaints.length}-${Math.abs(html.length)}.html`);
    writeFileSync(path, html);
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height }, offline: true });
    const page = await context.newPage();
    complaints.length = 0;
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(path).href);
    await page.locator('html[data-drawn=all]').waitFor({ state: 'attached' });
    return page;
  }

  const record = generatedRun(candles);
  const input = generatedReport(record, candles, { budget: { bars: 15_000, near: 20_000 } });
  const html = reportHtml(input);

  /** Different colours on each canvas: a blank one has one. */
  const coloursOf = (page: Page): Promise<number[]> =>
    page.evaluate(`[...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })`);
  const shown = async (page: Page): Promise<{ from: number; to: number }> => {
    const ends = await page.locator('[role=slider]').evaluateAll((handles) => handles.map((handle) => Number(handle.getAttribute('aria-valuenow'))));
    return { from: ends[0] ?? NaN, to: ends[1] ?? NaN };
  };
  const readout = async (page: Page): Promise<string> => (await page.locator('#readout').textContent()) ?? '';
  /** After the next frame, when what was asked for has been drawn. */
  const drawn = async (page: Page): Promise<void> => {
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  };

  test('draws all charts without a word on the console and without a request', async () => {
    const page = await opened(html);
    const colours = await coloursOf(page);
    expect(colours).toHaveLength(5);
    for (const count of colours) expect(count).toBeGreaterThan(5);
    expect(await readout(page)).toContain(`${record.fills.length} fills`);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('zooms with wheel, keys, buttons and times, from everything to single minutes, and back', async () => {
    const page = await opened(html);
    const whole = await shown(page);
    expect(whole).toEqual({ from: record.from, to: record.to });

    const plot = page.locator('.chart.price .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = await plot.boundingBox();
    const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) * 0.25, (box?.y ?? 0) + 100];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 300);
    await drawn(page);
    expect(await shown(page)).toEqual(whole);

    await page.locator('#chart-area').focus();
    await plot.scrollIntoViewIfNeeded();
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -600);
    await drawn(page);
    const zoomed = await shown(page);
    expect(zoomed.to - zoomed.from).toBeLessThan(0.5 * (whole.to - whole.from));
    expect((whole.from + 0.25 * (whole.to - whole.from) - zoomed.from) / (zoomed.to - zoomed.from)).toBeCloseTo(0.25, 2);

    await page.getByRole('button', { name: 'Show 1 d' }).click();
    await drawn(page);
    const day = await shown(page);
    expect(day.to - day.from).toBe(DAY_MS);
    expect(await readout(page)).toMatch(/bars of 5m/);

    await page.locator('#chart-area').focus();
    for (let i = 0; i < 12; i += 1) await page.keyboard.press('+');
    await drawn(page);
    const minutes = await shown(page);
    expect(minutes.to - minutes.from).toBe(10 * MINUTE_MS);
    expect((await coloursOf(page))[0]).toBeGreaterThan(5);
    await page.keyboard.press('ArrowRight');
    await drawn(page);
    expect((await shown(page)).from).toBeGreaterThan(minutes.from);
    await page.keyboard.press('Home');
    await drawn(page);
    expect(await shown(page)).toEqual(whole);

    await page.getByLabel('Show from, UTC').fill('2020-01-10T00:00');
    await page.getByLabel('Show to, UTC').fill('2020-01-12T00:00');
    await page.getByLabel('Show to, UTC').blur();
    await drawn(page);
    expect(await shown(page)).toEqual({ from: Date.UTC(2020, 0, 10), to: Date.UTC(2020, 0, 12) });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('drags, and zooms to a stretch with Shift', async () => {
    const page = await opened(html);
    await page.getByRole('button', { name: 'Show 1 w' }).click();
    await drawn(page);
    const before = await shown(page);
    const plot = page.locator('.chart.equity .u-over');
    await plot.scrollIntoViewIfNeeded();
    const box = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + 600, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 500, box.y + 50, { steps: 3 });
    await page.mouse.up();
    await drawn(page);
    const dragged = await shown(page);
    expect((dragged.from - before.from) / (before.to - before.from)).toBeCloseTo(100 / box.width, 3);

    await page.keyboard.down('Shift');
    await page.mouse.move(box.x + box.width * 0.5, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 50, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await drawn(page);
    const chosen = await shown(page);
    expect((chosen.to - chosen.from) / (dragged.to - dragged.from)).toBeCloseTo(0.25, 2);
    await plot.dblclick();
    await drawn(page);
    expect(await shown(page)).toEqual({ from: record.from, to: record.to });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('steps from fill to fill with its note, and says it to a screen reader', async () => {
    const page = await opened(html);
    await page.getByLabel('Show from, UTC').fill('2020-01-01T00:00');
    await page.getByLabel('Show to, UTC').fill('2020-01-01T01:00');
    await page.getByLabel('Show to, UTC').blur();
    await page.locator('#chart-area').focus();
    await page.keyboard.press('p');
    await page.keyboard.press('p');
    const first = record.fills[0];
    expect(await page.locator('.fill-note').textContent()).toContain(`${first?.wallet} ${first?.role}, ${first?.leg}: bought ${first?.amount} BTC at ${first?.price}`);
    expect(await page.locator('#spoken').textContent()).toContain(`Fill 1 of ${record.fills.length}`);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    expect(await page.locator('#spoken').textContent()).toContain(`Fill 3 of ${record.fills.length}`);
    const third = record.fills[2];
    const middle = (await shown(page)).from / 2 + (await shown(page)).to / 2;
    expect(Math.abs(middle - (third?.at ?? NaN))).toBeLessThan(4 * 3_600_000);
    await page.keyboard.press('Escape');
    expect(await page.locator('.fill-note').isVisible()).toBe(false);
    await page.context().close();
  });

  test('layers, logarithmic scale and lines of equity can be taken away and put back', async () => {
    const page = await opened(html);
    const pixels = () => page.evaluate(`document.querySelector('.chart.price canvas').toDataURL()`);
    const equity = () => page.evaluate(`document.querySelector('.chart.equity canvas').toDataURL()`);
    const before = await pixels();
    for (const name of ['orders', 'fills', 'resets', 'logarithmic', 'stop-loss']) {
      await page.getByLabel(name, { exact: true }).click();
      await drawn(page);
      expect((await pixels()) === before, name).toBe(false);
      await page.getByLabel(name, { exact: true }).click();
      await drawn(page);
      expect((await pixels()) === before, name).toBe(true);
    }
    const lines = await equity();
    await page.locator('.chart.equity').getByLabel('holding').click();
    await drawn(page);
    expect((await equity()) === lines).toBe(false);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('tables sort both ways, leaf, filter, and lead to their cycle', async () => {
    const page = await opened(html);
    const cycles = page.locator('[data-table=cycles]');
    const column = async (index: number): Promise<number[]> => (await cycles.locator(`tbody tr td:nth-child(${index})`).allTextContents()).map((text) => Number(text.replace('−', '-').replaceAll(',', '')));
    await cycles.getByRole('button', { name: 'result' }).click();
    const up = await column(6);
    expect(up).toEqual([...up].sort((a, b) => a - b));
    await cycles.getByRole('button', { name: 'result' }).click();
    const down = await column(6);
    expect(down).toEqual([...down].sort((a, b) => b - a));
    expect(await cycles.locator('th[aria-sort=descending]').textContent()).toContain('result');
    await cycles.getByRole('combobox').selectOption('hedge');
    expect(new Set(await cycles.locator('tbody tr td:nth-child(2)').allTextContents())).toEqual(new Set(['hedge']));

    const fills = page.locator('[data-table=fills]');
    await fills.getByRole('button', { name: 'next ›' }).click();
    expect(await fills.getByRole('status').textContent()).toBe(`21 to 40 of ${record.fills.length}`);

    await cycles.getByRole('combobox').selectOption('');
    await cycles.getByRole('button', { name: 'from' }).click();
    await cycles.getByRole('button', { name: 'show' }).nth(2).click();
    await drawn(page);
    const third = [...record.cycles].sort((a, b) => a.startedAt - b.startedAt)[2];
    const stretch = await shown(page);
    expect(stretch.from).toBeLessThanOrEqual(third?.startedAt ?? NaN);
    expect(stretch.to).toBeGreaterThanOrEqual(third?.endedAt ?? NaN);

    const wallets = page.locator('#wallets table').first();
    await wallets.getByRole('button', { name: 'result' }).click();
    const results = await wallets.locator('tbody tr td:nth-child(4)').evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-order'))));
    expect(results).toEqual([...results].sort((a, b) => a - b));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test.each(['light', 'dark'] as const)('follows a %s system, and its button goes against it', async (scheme) => {
    const page = await opened(html, { scheme });
    const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const corner = (): Promise<string> => page.evaluate(`document.querySelector('.chart.price canvas').toDataURL()`);
    const isLight = async (): Promise<boolean> => (await ground()) === 'rgb(255, 255, 255)';
    expect(await isLight()).toBe(scheme === 'light');
    const before = await corner();
    await page.locator('#theme').click();
    await drawn(page);
    expect(await isLight()).toBe(scheme === 'dark');
    expect((await corner()) === before).toBe(false);
    await page.context().close();
  });

  test('prints on light paper, and nothing is wider than a telephone', async () => {
    const page = await opened(html, { scheme: 'dark', width: 390, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('#controls').isVisible()).toBe(false);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.length).toBeGreaterThan(20_000);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('marks liquidations and times it did not run', async () => {
    const at = record.from + 20 * DAY_MS;
    const stopped: RunRecord = {
      ...record,
      liquidations: [{ at, wallet: 'hedge', leg: 'close-short', price: '7000', amount: '0.5', fee: '17.5' }],
      operations: [...record.operations, { at, operation: 'halted', reason: 'liquidated' }],
    };
    const page = await opened(reportHtml(generatedReport(stopped, candles)));
    await page.locator('#events').getByRole('button', { name: 'show' }).first().click();
    await drawn(page);
    expect(await shown(page)).toEqual({ from: at - 3 * 3_600_000, to: at + 3 * 3_600_000 });
    const alarm = await page.evaluate(`(() => {
      const canvas = document.querySelector('.chart.price canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] === 168 && data[i + 1] === 0 && data[i + 2] === 63) count += 1;
      return count;
    })()`);
    expect(alarm).toBeGreaterThan(500);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('hostile names, YAML and reasons do not run and load nothing', async () => {
    const page = await opened(reportHtml(hostileReport(candles)));
    for (const name of ['cycles', 'fills']) await page.locator(`[data-table=${name}] button.show`).first().click();
    await drawn(page);
    expect(await page.evaluate('window.broken')).toBeUndefined();
    expect(await page.locator('h1').textContent()).toContain('<script>window.broken=1</script>');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  test('a run of a few candles is drawn too', async () => {
    const few = generatedCandles(12);
    const short = generatedRun(few);
    const page = await opened(reportHtml(generatedReport(short, few)));
    await page.locator('#chart-area').focus();
    await page.keyboard.press('+');
    await page.keyboard.press('n');
    await drawn(page);
    for (const count of await coloursOf(page)) expect(count).toBeGreaterThan(2);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
