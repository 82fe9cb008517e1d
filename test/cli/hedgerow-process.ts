/** The real command in a process of its own, and temporary files for it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = new URL('../..', import.meta.url).pathname;
const LAUNCHER = join(ROOT, 'src/cli/launch.mjs');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
}

/** Runs `hedgerow …args` in the repository's folder. The first call builds, if the build is stale. */
export function hedgerow(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return run(process.execPath, [...(options.nodeArgs ?? []), LAUNCHER, ...args], options);
}

export function run(command: string, args: readonly string[], { stdin, env }: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { INIT_CWD: _cwd, npm_lifecycle_event: _event, HEDGEROW_DEBUG: _debug, ...inherited } = process.env;
    const child = spawn(command, args, { cwd: ROOT, env: { ...inherited, ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (stdout += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (stderr += piece));
    child.stdin.on('error', () => {});
    child.stdin.end(stdin ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const folders: string[] = [];

/** A file in a new temporary folder; `removeTempFiles` takes it away. */
export function tempFile(name: string, text: string): string {
  const path = join(tempFolder(), name);
  writeFileSync(path, text);
  return path;
}

export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hedgerow-cli-')));
  folders.push(folder);
  return folder;
}

export function removeTempFiles(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** URLs of all modules that are imported while the command runs. */
export async function importedModules(args: readonly string[]): Promise<readonly string[]> {
  const folder = tempFolder();
  const log = join(folder, 'modules.txt');
  writeFileSync(log, '');
  writeFileSync(
    join(folder, 'hooks.mjs'),
    `import { appendFileSync } from 'node:fs';
     export async function resolve(specifier, context, next) {
       const found = await next(specifier, context);
       appendFileSync(${JSON.stringify(log)}, found.url + '\\n');
       return found;
     }`,
  );
  const start = join(folder, 'start.mjs');
  writeFileSync(start, `import { register } from 'node:module';\nregister(new URL('./hooks.mjs', import.meta.url));`);
  const outcome = await hedgerow(args, { nodeArgs: ['--import', start] });
  if (outcome.code !== 0) throw new Error(`hedgerow ${args.join(' ')} ended with ${outcome.code}: ${outcome.stderr}`);
  return readFileSync(log, 'utf8').split('\n');
}
