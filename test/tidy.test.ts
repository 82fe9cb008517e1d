/** The house rules of the project, held by a test: who imports whom, what may be called where, how files are named and shaped. */
import { describe, expect, test } from 'vitest';
import { importsOf, projectFiles, sourceFile } from './source-text.ts';
import * as rules from './tidy-rules.ts';
import type { Rule } from './tidy-rules.ts';

/** Imported by nothing, and why that is right. */
const ALLOWED_DEAD: Readonly<Record<string, string>> = {
  'src/adapters/system/real-clock.ts': 'used by the tests that drive a bot in real time, until run trades live',
  'src/cli/run/real-time-loop.ts': 'used by the tests that drive a bot in real time, until run trades live',
  'src/campaign/planted/first-violation.ts': 'the program that src/campaign/planted/hunt.ts starts on broken copies of the bot',
  'src/adapters/yaml/generate-schema.ts': 'makes the text of schemas/strategy.schema.json for the test that holds that file current',
};

const RULES: readonly (readonly [name: string, rule: Rule])[] = [
  ['imports point one way: domain ← machines ← window ← engine → ports ← adapters | sim', rules.importDirection],
  ['time, randomness, timers, environment and console stay on the outer rim', rules.bannedCalls],
  ['file names are kebab-case', rules.kebabCase],
  ['file names name a concept', rules.speakingNames],
  ['no barrels', rules.noBarrels],
  ['no default exports', rules.noDefaultExports],
  ['every file says first what it is for', rules.opensWithPurpose],
  ['no file is over 600 lines', rules.shortFiles],
  ['no dead files', rules.deadFiles(ALLOWED_DEAD)],
  ['no notes to later', rules.noLeftovers],
  ['no focused or skipped tests', rules.noFocusedTests],
  ['any needs a reason', rules.noAny],
  ['no machine paths and no registry hosts', rules.noMachinePaths],
  ['dependency versions are exact', rules.exactVersions],
];

describe('house rules', () => {
  const files = projectFiles(new URL('..', import.meta.url).pathname);

  test.each(RULES)('%s', (_, rule) => {
    expect(rule(files)).toEqual([]);
  });
});

describe('each rule finds its offence and leaves the rest alone', () => {
  const check = (rule: Rule, path: string, text: string) => rule([sourceFile(path, text)]);

  test.each<[string, string, RegExp | null]>([
    ['src/domain/a.ts', "import { D } from './decimal.ts';\nimport { Decimal } from 'decimal.js';", null],
    ['src/domain/a.ts', "import { x } from '../ports/clock.ts';", /domain may import only domain/],
    ['src/domain/a.ts', "import {\n  x,\n  y,\n} from 'xstate';", /may import only decimal\.js/],
    ['src/domain/a.ts', "import { readFileSync } from 'node:fs';", /behind an interface of src\/ports/],
    ['machines/a.machine.ts', "import { setup } from 'xstate';\nimport { x } from '../src/domain/a.ts';", null],
    ['machines/a.machine.ts', "import type { X } from '../src/ports/clock.ts';", /machines may import only/],
    ['src/window/a.ts', "import { x } from '../engine/a.ts';", /window may import only/],
    ['src/engine/a.ts', "import { x } from '../adapters/yaml/a.ts';", /composition root/],
    ['src/engine/a.ts', "const x = await import('../sim/a.ts');", /engine may import only/],
    ['src/ports/a.ts', "export { x } from '../engine/a.ts';", /ports may import only/],
    ['src/adapters/http/a.ts', "import { x } from '../../engine/a.ts';", /adapters may import only/],
    ['src/adapters/files/simulated-book.ts', "import type { X } from '../../sim/exchange/book.ts';", null],
    ['src/adapters/files/simulated-book.ts', "import type { X } from '../../sim/random.ts';", /adapters may import only/],
    ['src/sim/faults/a.ts', "import { x } from '../../engine/a.ts';", null],
    ['src/sim/auditor/a.ts', "import { x } from '../../engine/a.ts';", /must not use its code/],
    ['src/sim/exchange/a.ts', "import { x } from '../../../machines/a.ts';", /must not use its code/],
    ['src/sim/a.ts', "import { x } from '../backtest/a.ts';", /sim may import only/],
    ['src/other/a.ts', '', /has no layer/],
    ['src/cli/a.ts', "import { x } from '../engine/a.ts';\nimport 'node:fs';", null],
  ])('import direction: %s %j', (path, text, fault) => {
    const faults = check(rules.importDirection, path, text);
    expect(faults).toEqual(fault === null ? [] : [expect.stringMatching(fault)]);
  });

  test.each<[string, RegExp | null]>([
    ['const t = Date.now();', /:1: Date\.now .*ports\/clock/],
    ['const t = new Date();', /new Date\(\)/],
    ['const t = new Date;', /new Date\(\)/],
    ['const t = new Date(at);', null],
    ['const r = Math.random();', /seededRandom/],
    ['setTimeout(f, 1);', /absolute deadline/],
    ['const t = `${Date.now()} text`;', /Date\.now/],
    ['const t = `Date.now() ${at} Date.now()`;', null],
    ["const t = 'it\\'s Date.now()';", null],
    ['// Date.now() is banned', null],
    ['/* Date.now()\n Date.now() */', null],
    ['const pattern = /"Date.now/;', null],
    ['const half = a / b; Date.now(); const c = d / e;', /Date\.now/],
    ['const t = Date.now(); // tidy-ok: the wall clock itself', null],
    ['// tidy-ok: the wall clock itself\nconst t = Date.now();', null],
    ['const t = Date.now(); // tidy-ok:', /Date\.now/],
    ["console.log('x');", /ports\/log/],
    ['const id = randomUUID();', /derive the id/],
    ["const home = process.env['HOME'];", /pass the value in/],
  ])('banned calls: %j', (text, fault) => {
    expect(check(rules.bannedCalls, 'src/engine/a.ts', text)).toEqual(fault === null ? [] : [expect.stringMatching(fault)]);
    for (const path of ['src/adapters/system/a.ts', 'src/cli/a.ts', 'src/bench/a.ts', 'src/main.ts', 'test/a.test.ts']) expect(check(rules.bannedCalls, path, text)).toEqual([]);
  });

  test.each<[Rule, string, string, RegExp | null]>([
    [rules.kebabCase, 'src/sim/priceFeed.ts', '', /kebab-case/],
    [rules.kebabCase, 'machines/hedge-wallet.machine.ts', '', null],
    [rules.kebabCase, 'src/backtest/report/page/priceChart.js', '', /kebab-case/],
    [rules.speakingNames, 'src/domain/date-utils.ts', '', /one concept/],
    [rules.speakingNames, 'src/common/a.ts', '', /one concept/],
    [rules.speakingNames, 'src/domain/commonplace.ts', '', null],
    [rules.noBarrels, 'src/domain/index.ts', '', /no index files/],
    [rules.noBarrels, 'src/domain/a.ts', "export * from './b.ts';", /export \*/],
    [rules.noDefaultExports, 'src/domain/a.ts', 'export default 1;', /by name/],
    [rules.opensWithPurpose, 'src/domain/a.ts', "import 'x';\n/** Late. */", /begin with a comment/],
    [rules.opensWithPurpose, 'src/cli/a.mjs', '#!/usr/bin/env node\n// Starts.', null],
    [rules.opensWithPurpose, 'src/backtest/report/page/a.js', 'start();', /begin with a comment/],
    [rules.shortFiles, 'src/domain/a.ts', 'x\n'.repeat(601), /601 lines/],
    [rules.shortFiles, 'src/domain/a.ts', 'x\n'.repeat(600), null],
    [rules.noLeftovers, 'README.md', 'a\nTODO: b', /README\.md:2/],
    [rules.noFocusedTests, 'test/a.test.ts', 'test.only(x)', /run all tests/],
    [rules.noFocusedTests, 'test/a.test.ts', 'describe.concurrent.skip(x)', /run all tests/],
    [rules.noFocusedTests, 'test/a.test.ts', 'describe.runIf(x)(y); test.skipIf(x)(y); list.skip(1)', null],
    [rules.noAny, 'src/domain/a.ts', 'const x: any = 1;', /use unknown/],
    [rules.noAny, 'src/domain/a.ts', 'const x = y as any;', /use unknown/],
    [rules.noAny, 'src/domain/a.ts', 'const x = new Map<string, any>();', /use unknown/],
    [rules.noAny, 'src/domain/a.ts', 'const x: any = 1; // the library types it so', null],
    [rules.noAny, 'src/domain/a.ts', "const x = 'as any other'; // for any reason\nconst any = 1; f(any);", null],
    [rules.noMachinePaths, 'README.md', 'see /work/shared/x', /relative/],
    [rules.noMachinePaths, 'package-lock.json', '"resolved": "https://registry.npmjs.org/x"', /registry/],
    [rules.noMachinePaths, 'README.md', 'framework/x and https://example.org/work/x', null],
    [rules.exactVersions, 'package.json', '{"dependencies":{"a":"^1.0.0"}}', /pin the exact version/],
    [rules.exactVersions, 'package.json', '{"dependencies":{"a":"1.0.0"},"devDependencies":{"b":"2.0.0-rc.1"}}', null],
  ])('%o %s %j', (rule, path, text, fault) => {
    expect(check(rule, path, text)).toEqual(fault === null ? [] : [expect.stringMatching(fault)]);
  });

  test('dead files are those no entry reaches; workers and programs of pages named by path and allowed files count as reached', () => {
    const files = [
      sourceFile('src/main.ts', "import { a } from './cli/a.ts';"),
      sourceFile('src/cli/a.ts', "export type { B } from '../domain/b.ts';\nnew Worker('src/adapters/w.mjs');\nread('src/backtest/page/p.js');"),
      sourceFile('src/backtest/page/p.js', ''),
      sourceFile('src/domain/b.ts', ''),
      sourceFile('src/adapters/w.mjs', "import './v.mjs';"),
      sourceFile('src/adapters/v.mjs', ''),
      sourceFile('src/bench/main.ts', "const x = await import('../domain/c.ts');"),
      sourceFile('src/domain/c.ts', ''),
      sourceFile('src/domain/dead.ts', "import './c.ts';"),
      sourceFile('src/domain/tool.ts', ''),
    ];
    const faults = rules.deadFiles({ 'src/domain/tool.ts': 'by hand', 'src/domain/gone.ts': 'by hand' })(files);
    expect(faults).toEqual([expect.stringMatching(/^src\/domain\/dead\.ts: neither/), expect.stringMatching(/^src\/domain\/gone\.ts: .*does not exist/)]);
  });

  test('imports are found in every form', () => {
    const text = "import a from 'a';\nimport 'b';\nimport type { C } from './c.ts';\nexport { d } from '../d.ts';\nconst e = import('e/f');\ntype G = import('./g.ts').G;\nnew URL('./h.mjs', import.meta.url);";
    expect(importsOf(sourceFile('src/x/y.ts', text))).toEqual(['a', 'b', 'src/x/c.ts', 'src/d.ts', 'e/f', 'src/x/g.ts', 'src/x/h.mjs']);
  });
});
