/** The kill latch on disk: what was set is there for the next process, nothing unreadable counts as free, no name leaves the folder (I17). */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LatchFile } from '../../../src/adapters/files/latch-file.ts';

const RECORD = { action: 'halt', reason: 'operator: test', at: 5 } as const;

describe('LatchFile', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hedgerow-latch-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is set for the next process, until it is cleared', async () => {
    expect(await new LatchFile(folder, 'simulated/a').read('btc')).toBeNull();
    await new LatchFile(folder, 'simulated/a').set('btc', RECORD);
    expect(await new LatchFile(folder, 'simulated/a').read('btc')).toEqual(RECORD);
    expect(statSync(join(folder, 'latch')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'latch'))).toEqual(['btc.simulated-a.json']);
    await new LatchFile(folder, 'simulated/a').clear('btc');
    expect(await new LatchFile(folder, 'simulated/a').read('btc')).toBeNull();
    await new LatchFile(folder, 'simulated/a').clear('btc');
  });

  it('of one world leaves the plan of that name in another free; of no world it holds in all', async () => {
    await new LatchFile(folder, 'simulated/a').set('btc', RECORD);
    expect(await new LatchFile(folder, 'simulated/b').read('btc')).toBeNull();
    await new LatchFile(folder, null).set('btc', { ...RECORD, action: 'flatten' });
    expect(await new LatchFile(folder, 'simulated/b').read('btc')).toMatchObject({ action: 'flatten' });
    expect(await new LatchFile(folder, 'simulated/a').read('btc')).toMatchObject({ action: 'flatten' });
    await new LatchFile(folder, 'simulated/a').clear('btc');
    expect(readdirSync(join(folder, 'latch'))).toEqual([]);
  });

  it.each(['', '{', 'null', '{"action":"pause","reason":"","at":1}', '{"action":"halt"}'])('that cannot be understood counts as set: %j', async (text) => {
    mkdirSync(join(folder, 'latch'));
    writeFileSync(join(folder, 'latch', 'btc.json'), text);
    expect(await new LatchFile(folder, null).read('btc')).toMatchObject({ action: 'halt', reason: expect.stringContaining('counts as set') as string });
  });

  it('that is a folder counts as set', async () => {
    mkdirSync(join(folder, 'latch', 'btc.json'), { recursive: true });
    expect(await new LatchFile(folder, null).read('btc')).toMatchObject({ action: 'halt' });
  });

  it.each(['', '../btc', 'BTC', 'a/b', 'btc.json', 'a'.repeat(101)])('takes no name a plan cannot have: %j', async (name) => {
    await expect(new LatchFile(folder, null).set(name, RECORD)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says when it cannot be written', async () => {
    writeFileSync(join(folder, 'latch'), '');
    await expect(new LatchFile(folder, null).set('btc', RECORD)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    chmodSync(folder, 0o700);
  });
});
