/** The store as JavaScript, built as the package is, for tests that need it in a process of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/adapters/postgres/package-root.ts';

export interface BuiltStore {
  /** Runs `program`, an ES module that can import './src/adapters/postgres/open-store.js', with `parameters` as its arguments. */
  run(program: string, ...parameters: readonly string[]): ChildProcess;
  remove(): void;
}

/** Builds into a folder below the package, as `dist` is, so that imports and SQL files are found the same way. */
export function buildStore(): BuiltStore {
  const root = packageRoot();
  const folder = mkdtempSync(join(root, '.dist-store-test-'));
  const compilerOptions = { rootDir: root, outDir: folder, sourceMap: false };
  const files = ['open-store.ts', 'data-dir-lock.ts'].map((name) => join(root, 'src/adapters/postgres', name));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files }));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { stdio: 'inherit' });
  let programs = 0;
  return {
    run: (program, ...parameters) => {
      programs += 1;
      const path = join(folder, `program-${programs}.mjs`);
      writeFileSync(path, program);
      return spawn(process.execPath, [path, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Resolves with the child's output when it has ended. `onLine` sees each line as it comes. */
export function outputOf(child: ChildProcess, onLine: (line: string) => void = () => {}): Promise<readonly string[]> {
  return new Promise((resolve) => {
    let rest = '';
    const lines: string[] = [];
    child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      const parts = `${rest}${part}`.split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        onLine(line);
      }
    });
    child.on('close', () => resolve(lines));
  });
}
