/**
 * A PostgreSQL server of its own: a new cluster in a temporary folder, on the loopback, run by an ordinary user; stopped and deleted
 * afterwards. It can be killed and started again, as servers are. Keeps no invariant.
 */
import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Below the range the kernel hands out for outgoing connections: a client that retries on a port of that range can connect to itself. */
const PORT_FIRST = 15_000;
const PORTS = 15_000;
const PORT_ATTEMPTS = 50;
const START_TIMEOUT_S = 60;
const DEBIAN_SERVERS = '/usr/lib/postgresql';

export interface PostgresServer {
  readonly url: string;
  readonly version: string;
  /** Its data folder, readable only for the user it runs as. */
  readonly dataDir: string;
  /** `immediate`: as after a power cut of the server's machine; the next start recovers from its log. */
  stop(mode: 'fast' | 'immediate'): Promise<void>;
  start(): Promise<void>;
  /** Stops it and deletes everything. */
  remove(): Promise<void>;
}

/** The folder of the newest server's programs on this machine; null when there is none. */
export function findPostgres(): string | null {
  const folders = [...told(), ...debianFolders(), ...(process.env['PATH'] ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl'))) ?? null;
}

function told(): readonly string[] {
  try {
    return [execFileSync('pg_config', ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()];
  } catch {
    return [];
  }
}

function debianFolders(): readonly string[] {
  if (!existsSync(DEBIAN_SERVERS)) return [];
  const versions = readdirSync(DEBIAN_SERVERS).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN_SERVERS, version, 'bin'));
}

/** Starts a new server with the programs in `bin`. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-postgres-'));
  const dataDir = join(folder, 'data');
  // PostgreSQL refuses root, so it runs as nobody then.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, ...nobody());
  const as = (program: string, args: readonly string[]): Promise<{ readonly stdout: string }> => {
    const path = join(bin, program);
    return isRoot ? run('runuser', ['-u', 'nobody', '--', path, ...args], { cwd: folder }) : run(path, args, { cwd: folder });
  };
  const control = (args: readonly string[]): Promise<{ readonly stdout: string }> => as('pg_ctl', ['-D', dataDir, '-w', '-t', `${START_TIMEOUT_S}`, ...args]);
  let isUp = false;
  const server = {
    dataDir,
    stop: async (mode: 'fast' | 'immediate'): Promise<void> => {
      await control(['-m', mode, 'stop']);
      isUp = false;
    },
    start: async (): Promise<void> => {
      // Its output must not stay open in our pipes, or the call never returns.
      await control(['-l', join(folder, 'server.log'), 'start']);
      isUp = true;
    },
    remove: async (): Promise<void> => {
      if (isUp) await server.stop('immediate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    const { stdout: version } = await as('postgres', ['--version']);
    await as('initdb', ['-D', dataDir, '-U', 'hedgerow', '--auth=trust', '--encoding=UTF8', '--no-locale']);
    const port = await freePort();
    const settings = `listen_addresses = '127.0.0.1'\nport = ${port}\nunix_socket_directories = ''\n`;
    appendFileSync(join(dataDir, 'postgresql.conf'), settings);
    await server.start();
    return { ...server, version: version.trim(), url: `postgres://hedgerow@127.0.0.1:${port}/postgres` };
  } catch (error) {
    await server.remove();
    throw error;
  }
}

/** User and group of `nobody`. */
function nobody(): [number, number] {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return [id('-u'), id('-g')];
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const port = PORT_FIRST + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found between ${PORT_FIRST} and ${PORT_FIRST + PORTS}; free one and try again`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
