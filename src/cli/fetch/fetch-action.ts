/** `hedgerow fetch`: opens the exchange, downloads, and says what is missing; exits 1 when something is, or when it was stopped. */
import { HistoryClient, StoppedError } from '../../adapters/ccxt/history/history-client.ts';
import { lockDataDir } from '../../adapters/postgres/data-dir-lock.ts';
import { makeDataDir } from '../../adapters/postgres/open-store.ts';
import { inputError } from '../command-input.ts';
import type { CommandInput } from '../command-input.ts';
import type { CliIo, ExitCode } from '../command-spec.ts';
import { Output } from '../output.ts';
import { StopSignal } from '../run/stop-signal.ts';
import { styleFor } from '../style.ts';
import { Download, type DownloadResult } from './download.ts';
import { FetchProgress } from './fetch-progress.ts';
import { fetchText } from './fetch-text.ts';
import { fetchWishOf, periodOf, type FetchWish } from './fetch-wish.ts';
import { storeTables } from './store-tables.ts';

export async function fetchAction(input: CommandInput, io: CliIo): Promise<ExitCode> {
  const wish = await fetchWishOf(input);
  const stop = new StopSignal();
  const progress = new FetchProgress(io);
  try {
    const lock = await lockDataDir(makeDataDir(wish.folder));
    try {
      const result = await download(wish, stop, progress);
      const stored = await storeTables(wish, result.files);
      const output = new Output(io.stdout);
      const { manifest, manifestPath, files, notOffered } = result;
      void output.write(input.flag('json') ? `${JSON.stringify({ ...manifest, manifest: manifestPath, folder: wish.folder, files, notOffered, store: stored })}\n` : fetchText(wish, result, stored, styleFor(io.stdout, io.env)));
      await output.flush();
      return files.some(({ missing, faultCount }) => missing > 0 || faultCount > 0) || stored.refused.length > 0 ? 1 : 0;
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    progress.end();
    progress.tell(`stopped by ${stop.received ?? 'a signal'}; what is there is kept, the same command goes on from it`);
    return 1;
  } finally {
    progress.end();
    stop.release();
  }
}

async function download(wish: FetchWish, stop: StopSignal, progress: FetchProgress): Promise<DownloadResult> {
  const client = await HistoryClient.open({
    exchangeId: wish.exchangeId,
    connection: wish.connection,
    isStopped: () => stop.received !== null,
    onRetry: (what, why, pauseMs) => progress.tell(`${wish.exchangeId}: ${what}: ${why}; again in ${Math.ceil(pauseMs / 1_000)} s`),
  });
  try {
    if (!client.timeframes.includes(wish.timeframe)) throw inputError(`--timeframe ${wish.timeframe}: ${wish.exchangeId} has ${client.timeframes.join(', ')}`);
    const market = await client.loadMarket(wish.symbol);
    const period = periodOf(wish, await client.time());
    return await (await Download.open({ wish, period, client, market, progress, now: Date.now })).run();
  } finally {
    await client.close();
  }
}
