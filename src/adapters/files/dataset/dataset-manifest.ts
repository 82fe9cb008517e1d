/** The manifest beside downloaded files: what they are of, how many rows they have, what is missing in them, and their checksums. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { HedgerowError } from '../../../domain/errors.ts';
import { writeWhole } from './durable-file.ts';
import { ROW_FAULTS } from './row-audit.ts';

export const DATASET_KINDS = ['candles', 'mark', 'funding', 'market', 'tiers'] as const;
export type DatasetKind = (typeof DATASET_KINDS)[number];

const TIME = z.iso.datetime();

const FILE = z.strictObject({
  kind: z.enum(DATASET_KINDS),
  timeframe: z.string().nullable(),
  file: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  fetchedAt: TIME,
  /** Null for what is no table. */
  rows: z.number().nullable(),
  first: TIME.nullable(),
  last: TIME.nullable(),
  missing: z.number(),
  gaps: z.array(z.strictObject({ from: TIME, to: TIME })),
  faultCount: z.number(),
  faults: z.array(z.strictObject({ at: TIME, kind: z.enum(ROW_FAULTS) })),
});

const MANIFEST = z.strictObject({
  version: z.literal(1),
  exchange: z.string(),
  environment: z.string(),
  symbol: z.string(),
  /** Rows at or after `since` and before `until`. */
  since: TIME,
  until: TIME,
  files: z.array(FILE),
});

export type DatasetFile = z.infer<typeof FILE>;
export type DatasetManifest = z.infer<typeof MANIFEST>;

/** The manifest of this download; a new one when there is none. Throws INPUT_INVALID for a file that is another one's or cannot be understood. */
export async function readManifest(path: string, of: Omit<DatasetManifest, 'version' | 'files'>): Promise<DatasetManifest> {
  const fresh: DatasetManifest = { version: 1, ...of, files: [] };
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return fresh;
    throw error;
  }
  const parsed = MANIFEST.safeParse(json(text));
  const isOurs = parsed.success && (['exchange', 'environment', 'symbol', 'since', 'until'] as const).every((key) => parsed.data[key] === of[key]);
  if (isOurs) return parsed.data;
  throw new HedgerowError('INPUT_INVALID', `${path} is not the manifest of this download; move it and the files it names away, then fetch again`);
}

/** With the entry in the place of an older one of the same file. */
export async function writeManifest(path: string, manifest: DatasetManifest, entry: DatasetFile): Promise<DatasetManifest> {
  const next = { ...manifest, files: [...manifest.files.filter(({ file }) => file !== entry.file), entry] };
  await writeWhole(path, `${JSON.stringify(next, null, 2)}\n`);
  return next;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
