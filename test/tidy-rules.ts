/** The house rules as functions: files in, faults out. Each fault says where it is and what to do instead. */
import { posix } from 'node:path';
import { eachLine, importsOf } from './source-text.ts';
import type { SourceFile } from './source-text.ts';

export type Rule = (files: readonly SourceFile[]) => string[];

const isCode = ({ path }: SourceFile): boolean => /^(?:src|machines|test)\/.*\.(?:ts|mjs|js)$/.test(path);
const isProduct = ({ path }: SourceFile): boolean => /^(?:src|machines)\/.*\.(?:ts|mjs|js)$/.test(path);
/** The rules and their examples name what they forbid. */
const isRuleText = ({ path }: SourceFile): boolean => path.startsWith('test/tidy');

// --- import direction ---

interface Layer {
  readonly mayImport: readonly string[];
  /** npm packages; null: any. */
  readonly packages: readonly string[] | null;
}

const INNER = ['domain', 'machines', 'window', 'ports', 'engine'];
/** `domain ← machines ← window ← engine → ports ← adapters | sim`; the composition root knows everyone. */
const LAYERS: Readonly<Record<string, Layer>> = {
  domain: { mayImport: ['domain'], packages: ['decimal.js'] },
  machines: { mayImport: ['machines', 'domain'], packages: ['xstate'] },
  window: { mayImport: ['window', 'machines', 'domain'], packages: [] },
  ports: { mayImport: ['ports', 'domain'], packages: [] },
  engine: { mayImport: INNER, packages: ['xstate'] },
  adapters: { mayImport: ['adapters', 'ports', 'domain'], packages: null },
  sim: { mayImport: ['sim', ...INNER], packages: null },
  backtest: { mayImport: ['backtest', 'sim', ...INNER], packages: null },
};
const KNOWS_EVERYONE = /^src\/(?:cli|bench|campaign)\/|^src\/main\.ts$/;
/** Adapters that store simulated things, and whose types they may know. */
const ADAPTERS_OF_SIM: Readonly<Record<string, string>> = { 'src/adapters/files/simulated-book.ts': 'src/sim/exchange/' };
/** Judges and opponents of the engine: they must not share its code, or they would share its faults. */
const INDEPENDENT = /^src\/sim\/(?:auditor|exchange)\//;
const INDEPENDENT_OF = ['machines', 'window', 'engine'];
/** Built-in modules without input or output; the others belong to adapters and the composition root. */
const PURE_BUILTINS = new Set(['node:crypto', 'node:util', 'node:assert']);

function layerOf(path: string): string {
  return path.startsWith('machines/') ? 'machines' : (/^src\/([^/]+)\//.exec(path)?.[1] ?? '');
}

export const importDirection: Rule = (files) =>
  files.filter((file) => isProduct(file) && !KNOWS_EVERYONE.test(file.path)).flatMap((file) => {
    const layer = LAYERS[layerOf(file.path)];
    if (layer === undefined) return [`${file.path}: this folder has no layer; move the file into one of ${Object.keys(LAYERS).join(', ')}, or give the folder a layer in test/tidy-rules.ts`];
    return importsOf(file).flatMap((target) => importFault(file.path, layer, target) ?? []);
  });

function importFault(path: string, layer: Layer, target: string): string | null {
  const from = layerOf(path);
  if (target.startsWith('node:')) {
    if (from === 'adapters' || PURE_BUILTINS.has(target)) return null;
    return `${path}: imports ${target}; put input and output into an adapter behind an interface of src/ports`;
  }
  if (!/^(?:src|machines)\//.test(target)) {
    const name = target.split('/').slice(0, target.startsWith('@') ? 2 : 1).join('/');
    if (layer.packages === null || layer.packages.includes(name)) return null;
    return `${path}: imports the package ${name}; ${from} may import ${layer.packages.length === 0 ? 'no package' : `only ${layer.packages.join(', ')}`}`;
  }
  const to = layerOf(target);
  if (INDEPENDENT.test(path) && INDEPENDENT_OF.includes(to)) return `${path}: imports ${target}; what judges or opposes the engine must not use its code, write it a second time from DOMAIN`;
  const simOfAdapter = ADAPTERS_OF_SIM[path];
  if (simOfAdapter !== undefined && target.startsWith(simOfAdapter)) return null;
  if (layer.mayImport.includes(to)) return null;
  return `${path}: imports ${target}; ${from} may import only ${layer.mayImport.join(', ')}, so pass it in from the composition root or move it`;
}

// --- what only the outer rim may call ---

const RIM = /^src\/(?:adapters|cli|bench|campaign)\/|^src\/main\.ts$/;
const BANNED: readonly (readonly [name: string, pattern: RegExp, instead: string])[] = [
  ['Date.now', /\bDate\.now\b/, 'take the time from the event or from ports/clock'],
  ['new Date()', /\bnew Date\b(?!\s*\(\s*[^\s)])/, 'take the time from the event or from ports/clock'],
  ['process.hrtime', /\bprocess\.hrtime\b/, 'take the time from ports/clock; measure in src/bench'],
  ['performance.now', /\bperformance\.now\b/, 'take the time from ports/clock; measure in src/bench'],
  ['Math.random', /\bMath\.random\b/, 'take a ports/random stream, for example seededRandom(seed).fork(label)'],
  ['randomUUID', /\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/, 'derive the id from what it names (plan, wallet, role, level, cycle, generation)'],
  ['setTimeout', /\bsetTimeout\b/, 'keep an absolute deadline in state and let the loop look at it'],
  ['setInterval', /\bsetInterval\b/, 'keep an absolute deadline in state and let the loop look at it'],
  ['setImmediate', /\bsetImmediate\b/, 'return to the loop, or await the port that does the work'],
  ['process.env', /\bprocess\.env\b/, 'read it in src/main.ts or src/cli and pass the value in'],
  ['console', /\bconsole\s*\./, 'return the text to the command, or write to ports/log'],
];

export const bannedCalls: Rule = (files) =>
  files.filter((file) => isProduct(file) && !RIM.test(file.path)).flatMap((file) => {
    const faults: string[] = [];
    let before = '';
    eachLine(file, (code, raw, line) => {
      const isExcused = [before, raw].some((text) => /\/\/ tidy-ok: \S/.test(text));
      before = raw;
      for (const [name, pattern, instead] of BANNED) {
        if (!isExcused && pattern.test(code)) faults.push(`${file.path}:${line}: ${name} is for src/adapters, src/cli, src/bench and src/main.ts; ${instead}, or give a reason with \`// tidy-ok: …\``);
      }
    });
    return faults;
  });

// --- names and shapes of files ---

const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:machine|test|config))?\.(?:ts|mjs|js)$/;
const LINES_MAX = 600;

export const kebabCase: Rule = (files) =>
  files.filter((file) => isCode(file) && !KEBAB.test(posix.basename(file.path))).map(({ path }) => `${path}: name it in kebab-case, for example price-merge.ts`);

export const speakingNames: Rule = (files) =>
  files.filter((file) => isCode(file) && file.path.split(/[/.-]/).some((part) => /^(?:utils?|common|misc)$/.test(part))).map(({ path }) => `${path}: name the file after the one concept it holds`);

export const noBarrels: Rule = (files) =>
  files.filter(isCode).flatMap((file) => [
    ...(/(?:^|\/)index\.(?:ts|mjs)$/.test(file.path) ? [`${file.path}: no index files; import from the file that holds the thing`] : []),
    ...(isProduct(file) && /\bexport\s*\*/.test(file.code) ? [`${file.path}: no \`export *\`; import from the file that holds the thing`] : []),
  ]);

export const noDefaultExports: Rule = (files) =>
  files.filter((file) => isProduct(file) && /\bexport\s+default\b|\bas\s+default\b/.test(file.code)).map(({ path }) => `${path}: no default export; export by name`);

export const opensWithPurpose: Rule = (files) =>
  files.filter((file) => isProduct(file) && !/^(?:#![^\n]*\n)?\s*(?:\/\*\*?\s*\S|\/\/ \S)/.test(file.text)).map(({ path }) => `${path}: begin with a comment that says what the file is for`);

export const shortFiles: Rule = (files) =>
  files.flatMap((file) => {
    const lines = file.text.split('\n').length - 1;
    return isCode(file) && lines > LINES_MAX ? [`${file.path}: ${lines} lines; split it by concept, ${LINES_MAX} at most`] : [];
  });

const ENTRIES = ['src/main.ts', 'src/bench/main.ts', 'src/campaign/main.ts', 'src/cli/launch.mjs'];

/** Files that are rightly imported by nothing, each with its reason, come in `allowed`. */
export const deadFiles =
  (allowed: Readonly<Record<string, string>>): Rule =>
  (files) => {
    const product = new Map(files.filter(isProduct).map((file) => [file.path, file]));
    const reached = new Set<string>();
    const queue = [...ENTRIES, ...Object.keys(allowed)];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      const file = product.get(path);
      if (file === undefined || reached.has(path)) continue;
      reached.add(path);
      // Worker threads and the programs of pages are named by their path.
      const named = [...file.text.matchAll(/['"`](src\/[^'"`\s]+\.m?js)['"`]/g)].map(([, name = '']) => name);
      queue.push(...importsOf(file), ...named);
    }
    return [
      ...[...product.keys()].filter((path) => !reached.has(path)).map((path) => `${path}: neither src/main.ts nor src/bench/main.ts reaches it by imports; use it or delete it`),
      ...Object.keys(allowed).filter((path) => !product.has(path)).map((path) => `${path}: is in the list of allowed dead files but does not exist; take it from the list in test/tidy.test.ts`),
    ];
  };

// --- text ---

export const noLeftovers: Rule = (files) =>
  files.filter((file) => !isRuleText(file)).flatMap((file) => lineFaults(file, (_, raw) => (/\b(?:TODO|FIXME|XXX)\b/.test(raw) ? 'do it now or write an issue; no notes to later in the code' : null)));

export const noFocusedTests: Rule = (files) =>
  files
    .filter((file) => file.path.startsWith('test/') && isCode(file))
    .flatMap((file) => lineFaults(file, (code) => (/\b(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo)\b/.test(code) ? 'run all tests; where the surroundings decide, use describe.runIf or test.skipIf' : null)));

export const noAny: Rule = (files) =>
  files.filter(isCode).flatMap((file) =>
    lineFaults(file, (code, raw) =>
      /(?::\s*|\bas\s+|<|[|,&]\s*|=>\s*)any\b(?!\s*[:(])(?=\s*(?:[,;)>\]=|&[{]|$))/.test(code) && !/\/\/ .{8,}|\/\* .{8,}\*\//.test(raw) ? 'use unknown and narrow it, or say on the line why any is right' : null,
    ),
  );

export const noMachinePaths: Rule = (files) =>
  files
    .filter((file) => !isRuleText(file))
    .flatMap((file) =>
      lineFaults(file, (_, raw) => {
        if (/(?:^|[^\w.])\/(?:work|home|Users)\/\w/.test(raw)) return 'no paths of one machine; make it relative or take a temporary folder';
        if (/registry\.(?:npmjs|yarnpkg)\.|\/\/[\w.-]*registry[\w.-]*\/|"resolved":\s*"https?:/i.test(raw)) return 'no registry hosts; npm takes them from its own configuration (.npmrc keeps them out of the lock file)';
        return null;
      }),
    );

export const exactVersions: Rule = (files) =>
  files.filter(({ path }) => path === 'package.json').flatMap(({ text }) => {
    const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
    return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {})
        .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        .map(([name, version]) => `package.json: ${kind} ${name} ${version}; pin the exact version, for example 1.2.3`),
    );
  });

function lineFaults(file: SourceFile, fault: (code: string, raw: string) => string | null): string[] {
  const faults: string[] = [];
  eachLine(file, (code, raw, line) => {
    const message = fault(code, raw);
    if (message !== null) faults.push(`${file.path}:${line}: ${message}`);
  });
  return faults;
}
