/** One download of `hedgerow fetch`, dataset by dataset. What is there and unchanged is not fetched again; what was begun is gone on with. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CandleHistory, hasCandles, type CandleRow } from '../../adapters/ccxt/history/candle-history.ts';
import { FundingHistory, type FundingRow } from '../../adapters/ccxt/history/funding-history.ts';
import type { HistoryClient, HistoryMarket } from '../../adapters/ccxt/history/history-client.ts';
import { marketRecord, readTiers, tiersRefusal } from '../../adapters/ccxt/history/market-record.ts';
import { CANDLE_COLUMNS } from '../../adapters/files/candle-file.ts';
import { readManifest, writeManifest, type DatasetFile, type DatasetKind, type DatasetManifest } from '../../adapters/files/dataset/dataset-manifest.ts';
import { writeWhole } from '../../adapters/files/dataset/durable-file.ts';
import { PartFile, partLines, sha256Of } from '../../adapters/files/dataset/part-file.ts';
import { auditCandles, auditFunding, type RowAudit } from '../../adapters/files/dataset/row-audit.ts';
import { FUNDING_COLUMNS } from '../../adapters/files/funding-file.ts';
import type { Json } from '../../domain/json.ts';
import { inputError } from '../command-input.ts';
import { datasetName, manifestName } from './dataset-names.ts';
import type { FetchProgress } from './fetch-progress.ts';
import type { FetchWish, Period } from './fetch-wish.ts';

export interface DownloadParts {
  readonly wish: FetchWish;
  readonly period: Period;
  readonly client: HistoryClient;
  readonly market: HistoryMarket;
  readonly progress: FetchProgress;
  readonly now: () => number;
}

export interface DownloadResult {
  readonly manifest: DatasetManifest;
  readonly manifestPath: string;
  /** Of this run, in the order of the kinds. */
  readonly files: readonly DatasetFile[];
  readonly notOffered: readonly { readonly kind: DatasetKind; readonly why: string }[];
}

type Table = 'candles' | 'mark' | 'funding';

export class Download {
  readonly #parts: DownloadParts;
  readonly #manifestPath: string;
  #manifest: DatasetManifest;

  private constructor(parts: DownloadParts, manifestPath: string, manifest: DatasetManifest) {
    this.#parts = parts;
    this.#manifestPath = manifestPath;
    this.#manifest = manifest;
  }

  static async open(parts: DownloadParts): Promise<Download> {
    const { wish, period } = parts;
    const path = join(wish.folder, manifestName(wish, period));
    const of = { exchange: wish.exchangeId, environment: wish.connection.environment, symbol: wish.symbol, since: iso(period.since), until: iso(period.until) };
    return new Download(parts, path, await readManifest(path, of));
  }

  async run(): Promise<DownloadResult> {
    const { wish } = this.#parts;
    const refusals = wish.kinds.flatMap((kind) => refusalOf(wish, kind));
    const [first] = refusals;
    if (wish.areKindsNamed && first !== undefined) throw inputError(`--only ${first.kind}: ${first.why}`);
    const files: DatasetFile[] = [];
    for (const kind of wish.kinds) if (!refusals.some((refusal) => refusal.kind === kind)) files.push(await this.#dataset(kind));
    return { manifest: this.#manifest, manifestPath: this.#manifestPath, files, notOffered: refusals };
  }

  async #dataset(kind: DatasetKind): Promise<DatasetFile> {
    if (kind === 'market') return this.#record(kind, marketRecord(this.#parts.market));
    if (kind === 'tiers') return this.#record(kind, await readTiers(this.#parts.client, this.#parts.market));
    return (await this.#kept(kind)) ?? (await this.#table(kind));
  }

  /** A record is of now: it takes the place of an older one. */
  async #record(kind: DatasetKind, record: Json): Promise<DatasetFile> {
    const { wish, period } = this.#parts;
    const file = datasetName(wish, kind, period);
    const path = join(wish.folder, file);
    await writeWhole(path, `${JSON.stringify(record, null, 2)}\n`);
    const entry = { ...this.#entry(kind, file), bytes: (await stat(path)).size, sha256: await sha256Of(path) };
    this.#manifest = await writeManifest(this.#manifestPath, this.#manifest, entry);
    return entry;
  }

  /** The entry of a table that is there as the manifest says. A file that is there otherwise is never overwritten. */
  async #kept(kind: Table): Promise<DatasetFile | null> {
    const { wish, period } = this.#parts;
    const file = datasetName(wish, kind, period);
    const path = join(wish.folder, file);
    const entry = this.#manifest.files.find((each) => each.file === file);
    if (!(await exists(path))) return null;
    if (entry === undefined) {
      // Packed, and then the process died before it could say so.
      if (await exists(`${path}.part`)) return null;
      throw inputError(`${path} is there, but ${this.#manifestPath} does not know it; move it away, then fetch again`);
    }
    if ((await sha256Of(path)) !== entry.sha256) throw inputError(`${path} was changed after it was fetched: its checksum is not that of ${this.#manifestPath}; move it away, then fetch again`);
    return entry;
  }

  async #table(kind: Table): Promise<DatasetFile> {
    const { wish, period } = this.#parts;
    const file = datasetName(wish, kind, period);
    const path = join(wish.folder, file);
    const identity = JSON.stringify([wish.exchangeId, wish.connection.environment, wish.connection.restUrl, wish.symbol, kind, kind === 'funding' ? null : wish.timeframe, period.since, period.until]);
    const header = (kind === 'funding' ? FUNDING_COLUMNS : CANDLE_COLUMNS).join(',');
    const part = await PartFile.open({ path, identity, header, since: period.since });
    try {
      await this.#fill(part, kind);
      const audit = await this.#audit(part.path, kind);
      const packed = await part.pack();
      const entry = { ...this.#entry(kind, file), ...packed, ...told(audit) };
      this.#manifest = await writeManifest(this.#manifestPath, this.#manifest, entry);
      await part.remove();
      return entry;
    } finally {
      await part.close();
    }
  }

  async #fill(part: PartFile, kind: Table): Promise<void> {
    const { wish, period, progress } = this.#parts;
    const { windowMs, lines } = this.#source(kind);
    progress.begin(`${wish.exchangeId} ${wish.symbol} ${kind}`, period.until - period.since, part.cursor - period.since);
    while (part.cursor < period.until) {
      const to = windowMs === null ? period.until : Math.min(period.until, part.cursor + windowMs);
      await part.append(await lines(part.cursor, to), to);
      progress.show(part.cursor - period.since);
    }
    progress.end();
  }

  #source(kind: Table): { readonly windowMs: number | null; readonly lines: (from: number, to: number) => Promise<readonly string[]> } {
    const { client, market, wish } = this.#parts;
    if (kind === 'funding') {
      const history = new FundingHistory(client, market);
      return { windowMs: history.windowMs, lines: async (from, to) => (await history.window(from, to)).map(fundingLine) };
    }
    const history = new CandleHistory(client, { market, timeframe: wish.timeframe, timeframeMs: wish.timeframeMs, price: kind === 'mark' ? 'mark' : 'last' });
    return { windowMs: history.windowMs, lines: async (from, to) => (await history.window(from, to)).map(candleLine) };
  }

  #audit(path: string, kind: Table): Promise<RowAudit> {
    const { period, wish } = this.#parts;
    return kind === 'funding' ? auditFunding(partLines(path), period) : auditCandles(partLines(path), { ...period, timeframeMs: wish.timeframeMs });
  }

  /** Of a file without rows. */
  #entry(kind: DatasetKind, file: string): DatasetFile {
    const timeframe = kind === 'candles' || kind === 'mark' ? this.#parts.wish.timeframe : null;
    return { kind, timeframe, file, bytes: 0, sha256: '', fetchedAt: iso(this.#parts.now()), rows: null, first: null, last: null, missing: 0, gaps: [], faultCount: 0, faults: [] };
  }
}

function refusalOf({ exchangeId }: FetchWish, kind: DatasetKind): { readonly kind: DatasetKind; readonly why: string }[] {
  if (kind === 'mark' && !hasCandles(exchangeId, 'mark')) return [{ kind, why: `${exchangeId} has no mark-price candles` }];
  const why = kind === 'tiers' ? tiersRefusal(exchangeId) : null;
  return why === null ? [] : [{ kind, why }];
}

function candleLine({ at, open, high, low, close, volume }: CandleRow): string {
  return [at, open, high, low, close, volume].join(',');
}

function fundingLine({ at, rate }: FundingRow): string {
  return `${at},${rate}`;
}

function told({ rows, first, last, missing, gaps, faultCount, faults }: RowAudit): Pick<DatasetFile, 'rows' | 'first' | 'last' | 'missing' | 'gaps' | 'faultCount' | 'faults'> {
  return {
    rows,
    first: first === null ? null : iso(first),
    last: last === null ? null : iso(last),
    missing,
    gaps: gaps.map(({ from, to }) => ({ from: iso(from), to: iso(to) })),
    faultCount,
    faults: faults.map(({ at, kind }) => ({ at: iso(at), kind })),
  };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
