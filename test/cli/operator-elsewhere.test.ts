/** An operator whose data folder is another one than the bot's, with one PostgreSQL between them: what a kill latches there, resume lifts (I17). */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SERVER_URL, temporaryDatabase } from '../adapters/postgres/test-database.ts';
import { isListening, startBot } from './bot-process.ts';
import { hedgerow, removeTempFiles, tempFolder } from './hedgerow-process.ts';

const BTC = 'strategies/btc-rotation.yaml';

afterAll(removeTempFiles);

describe.runIf(SERVER_URL !== undefined)('an operator in another data folder than the bot', () => {
  test('halts it and lets it go on, and no latch stays behind for a bot that starts in that folder later', async () => {
    const database = await temporaryDatabase();
    const env = { DATABASE_URL: database.url, NO_COLOR: '1' };
    const [data, elsewhere] = [join(tempFolder(), 'data'), tempFolder()];
    const say = (...line: readonly string[]) => hedgerow([...line, 'btc-rotation', '--data', elsewhere], { env });
    const latches = (folder: string): readonly string[] => (existsSync(join(folder, 'latch')) ? readdirSync(join(folder, 'latch')) : []);
    const bot = startBot([BTC, '--days', '3000', '--speed', '600', '--data', data, '--log-level', 'warn'], env);
    try {
      await isListening(data);
      expect(await say('halt')).toMatchObject({ code: 0, stdout: expect.stringContaining('halt done') as string });
      expect([latches(data).length, latches(elsewhere).length]).toEqual([1, 1]);
      expect(await say('resume')).toMatchObject({ code: 0, stdout: expect.stringContaining('resume done') as string });
      expect([latches(data), latches(elsewhere)]).toEqual([[], []]);
      expect((await say('status')).stdout).not.toContain('latched');
      // Resumed from the bot's own folder, the other one's latch is lifted by the next resume that is asked for there.
      expect((await say('halt')).code).toBe(0);
      expect((await hedgerow(['resume', 'btc-rotation', '--data', data], { env })).code).toBe(0);
      expect(latches(elsewhere)).toHaveLength(1);
      expect((await say('status')).stdout).not.toContain('latched');
      expect(await say('resume')).toMatchObject({ code: 0, stdout: expect.stringContaining('ignored: the plan is running') as string });
      expect(latches(elsewhere)).toEqual([]);
    } finally {
      bot.kill('SIGKILL');
      await bot.ended;
      await database.drop();
    }
  }, 120_000);

  test('two folders with a used book each do not mix on one database', async () => {
    const [ours, theirs] = [await temporaryDatabase(), await temporaryDatabase()];
    const [here, there] = [tempFolder(), tempFolder()];
    const run = (data: string, url: string) => hedgerow(['run', BTC, '--days', '1', '--data', data, '--log-level', 'silent'], { env: { DATABASE_URL: url, NO_COLOR: '1' } });
    try {
      expect((await run(here, ours.url)).code).toBe(0);
      expect((await run(there, theirs.url)).code).toBe(0);
      expect(await run(there, ours.url)).toMatchObject({ code: 2, stderr: expect.stringMatching(/trade on another book of the simulated exchange than the one in .*name the data folder they ran with by --data/) as string });
      expect((await run(here, ours.url)).code).toBe(0);
    } finally {
      await ours.drop();
      await theirs.drop();
    }
  }, 120_000);
});
