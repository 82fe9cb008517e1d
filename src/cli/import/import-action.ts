/** `hedgerow import`: file by file; one that is refused does not keep the others out. Exits 2 when one was, else 1 when one has gaps. */
import { prepareImport, type ImportWish } from '../../adapters/files/candle-store/import-file.ts';
import { HedgerowError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { Output } from '../output.ts';
import { reportError } from '../report-error.ts';
import { styleFor } from '../style.ts';
import { importOrderOf, type ImportOrder } from './import-order.ts';
import { hasGaps, importJson, importText, type Imported } from './import-text.ts';
import { LockedTable } from './locked-table.ts';

export async function importAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const order = importOrderOf(input);
  const output = new Output(io.stdout);
  const isJson = input.flag('json');
  const documents: Json[] = [];
  let exitCode: ExitCode = 0;
  const tell = async (imported: Imported): Promise<void> => {
    if (hasGaps(imported) && exitCode === 0) exitCode = 1;
    if (isJson) documents.push(importJson(imported));
    else await output.write(importText(imported, styleFor(io.stdout, io.env)));
  };
  const refuse = (path: string, error: HedgerowError): void => {
    reportError(error, io);
    documents.push({ file: path, error: { code: error.code, message: error.message } });
    exitCode = 2;
  };
  const writer = new Writer(order, tell);
  try {
    for (const wish of order.files) {
      try {
        await writer.take(wish);
      } catch (error) {
        if (!(error instanceof HedgerowError)) throw error;
        refuse(wish.path, error);
      }
    }
  } finally {
    await writer.save();
  }
  if (isJson) await output.write(`${JSON.stringify({ files: documents })}\n`);
  await output.flush();
  return exitCode;
}

/** Has one table open; what was taken into it is told when it has been written. */
class Writer {
  readonly #order: ImportOrder;
  readonly #tell: (imported: Imported) => Promise<void>;
  #open: LockedTable | null = null;
  #taken: Imported[] = [];

  constructor(order: ImportOrder, tell: (imported: Imported) => Promise<void>) {
    this.#order = order;
    this.#tell = tell;
  }

  async take(wish: ImportWish): Promise<void> {
    const ready = await prepareImport(wish);
    if (this.#open?.isOf(ready.key) !== true) {
      await this.save();
      this.#open = await LockedTable.open(this.#order.folder, ready.key);
    }
    this.#taken.push({ path: wish.path, ready, taken: await ready.takeInto(this.#open.table, this.#order.isReplacing) });
  }

  async save(): Promise<void> {
    const [open, taken] = [this.#open, this.#taken];
    this.#open = null;
    this.#taken = [];
    await open?.saveAndRelease();
    for (const imported of taken) await this.#tell(imported);
  }
}
