/** README and source say the same: the files of "Life of a price", the commands, the error codes, the two commands to start with. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStrategy } from '../src/adapters/yaml/load-strategy.ts';
import { ERROR_CODES } from '../src/domain/errors.ts';
import { EXCHANGE_RULES } from '../src/domain/exchange-rules.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const README = readFileSync(`${ROOT}README.md`, 'utf8');

describe('README', () => {
  it('links only to files that exist', () => {
    const links = [...README.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = '']) => path);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
  });

  it('walks a price through the house in numbered steps', () => {
    const walk = README.slice(README.indexOf('## Life of a price'), README.indexOf('## Errors'));
    expect(walk.match(/^\d\. /gm)).toHaveLength(6);
    expect(walk.match(/src\/|machines\//g)?.length).toBeGreaterThan(12);
  });

  it('lists exactly the commands there are', () => {
    const commands = readdirSync(`${ROOT}src/cli/commands`).map((name) => name.replace('.ts', ''));
    const listed = [...README.slice(README.indexOf('## Commands')).matchAll(/^\| `(\w+) /gm)].map(([, name = '']) => name);
    expect(listed.sort()).toEqual(commands.sort());
  });

  it('lists exactly the error codes there are, with their meaning', () => {
    const listed = Object.fromEntries([...README.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code = '', meaning = '']) => [code, meaning]));
    expect(listed).toEqual({ ...ERROR_CODES });
  });

  it('shows a strategy file that is valid', () => {
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(README) ?? [];
    expect(parseStrategy(text, 'README.md').name).toBe('btc-rotation');
  });

  it('shows how a real exchange is reached, as the reader takes it', () => {
    const [, strategy = ''] = /```yaml\n([\s\S]*?)```/.exec(README) ?? [];
    const [, exchange = ''] = /```yaml\n(exchange:[\s\S]*?)```/.exec(README) ?? [];
    expect(parseStrategy(`${strategy}${exchange}`, 'README.md').exchange.connection).toMatchObject({ environment: 'sandbox', restUrl: 'http://127.0.0.1:8080' });
  });

  it('tells what each exchange has, as check holds files against it', () => {
    for (const [id, { positionModes, triggerSources, settles, environments, missingForLive }] of Object.entries(EXCHANGE_RULES)) {
      const lists = [positionModes, triggerSources, settles, environments].map((list) => list.join(', '));
      expect(README).toContain(`| ${id} | ${lists.join(' | ')} | ${missingForLive.length === 0 ? 'yes' : 'refused, `check` says why'} |`);
    }
  });

  it('starts with the scripts package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { scripts: Record<string, string> };
    for (const script of ['start', 'test', 'bench']) expect(Object.keys(scripts)).toContain(script);
    expect(README).toContain('npm ci && npm start');
    expect(README).toContain('npm ci && npm test');
  });
});
