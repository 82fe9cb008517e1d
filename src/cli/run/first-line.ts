/** The first line of a plain or gzipped text file, to tell what kind of file it is. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { HedgerowError } from '../../domain/errors.ts';

export async function firstLineOf(path: string): Promise<string> {
  const file = createReadStream(path);
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  const failed = new Promise<never>((_, reject) => {
    const fail = (error: Error): void => reject(new HedgerowError('FEED_INVALID', `${path}: cannot be read: ${error.message}`, { cause: error }));
    file.on('error', fail);
    text.on('error', fail);
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input: text })[Symbol.asyncIterator]();
  try {
    const first = await Promise.race([lines.next(), failed]);
    return first.done === true ? '' : first.value;
  } finally {
    file.destroy();
  }
}

/** Candles have a header of their own, or are a table of the candle store; anything else is taken for trades. */
export async function isCandleFile(path: string): Promise<boolean> {
  const line = await firstLineOf(path);
  return line.startsWith('timestamp_ms,open') || line.startsWith('ARROW1');
}
