/** The one file in a zip archive, as Binance Vision packs them, with its checksum checked. */
import { Transform, pipeline } from 'node:stream';
import type { Readable, TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';
import { open } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';
import { ZipError } from './zip-error.ts';

/** Rejects, or fails while it is read, with a ZipError. */
export async function openZipMember(path: string): Promise<Readable> {
  const zip = await opened(path);
  try {
    const [entry, ...others] = await entriesOf(zip);
    if (entry === undefined) throw new ZipError('the archive holds no file');
    if (others.length > 0) throw new ZipError(`the archive holds ${others.length + 1} files, ${entry.fileName} and ${others[0]?.fileName ?? ''} among them; unpack it and give the files`);
    const stream = await memberStream(zip, entry);
    stream.on('close', () => zip.close());
    return stream;
  } catch (error) {
    zip.close();
    throw error;
  }
}

function opened(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, zip) => (error === null ? resolve(zip) : reject(damaged(error))));
  });
}

function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if (!entry.fileName.endsWith('/')) entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', (error: Error) => reject(damaged(error)));
    zip.readEntry();
  });
}

function memberStream(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error !== null) return reject(damaged(error));
      const checked = checksummed(entry.crc32);
      pipeline(stream, checked, () => {});
      resolve(checked);
    });
  });
}

function checksummed(expected: number): Transform {
  let checksum = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      checksum = crc32(piece, checksum);
      done(null, piece);
    },
    flush(done: TransformCallback) {
      done(checksum === expected ? null : new ZipError('the checksum of the packed file is not that of its content'));
    },
  });
}

function damaged(error: Error): ZipError {
  return new ZipError(`the zip archive is damaged (${error.message})`, { cause: error });
}
