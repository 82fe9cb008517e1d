/**
 * The lock on a data folder: one process at a time (I16). PGlite has none; two processes on one folder lose each other's writes without
 * any error.
 *
 * Why a listening unix socket: the kernel closes it with the process, also on kill -9 and power loss, so a lock can never be left behind;
 * pid files cannot tell a dead holder from a reused pid, and Node has no flock. It works across containers that share the folder, and
 * a holder too busy to answer still counts as alive, because the kernel accepts for it.
 *
 * How two that start together stay apart: each first listens on a name of its own, then asks every other socket in the folder.
 * Whoever announced itself later sees the earlier one. A socket nobody listens on is removed; as names are never used twice, this
 * cannot hit a living one that already checked. Of two that are still claiming, the lower name waits and the other gives up, so of
 * several that come at once exactly one gets the lock.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HedgerowError } from '../../domain/errors.ts';

export interface DataDirLock {
  release(): Promise<void>;
}

type LockState = 'claiming' | 'held';

const SOCKET_NAME = /^lock-(\d+)-[0-9a-f]+\.sock$/;
/** The shortest limit of the systems we know is 104 bytes with the closing zero (macOS); Linux has 108. */
const MAX_SOCKET_PATH_BYTES = 103;
/** A holder that accepts but is too busy to say its state within this time is taken as holding. */
const ANSWER_TIMEOUT_MS = 500;
const CLAIM_RETRY_MS = 20;
/** Claiming takes milliseconds; a rival that claims longer than this is hung. */
const MAX_CLAIM_RETRIES = 250;

/** Takes the lock on `dataDir`, which exists. Throws STORE_LOCKED when another process has it, STORE_UNAVAILABLE when sockets fail there. */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const sockets = new SocketFolder(dataDir);
  for (;;) {
    const claim = new Claim(sockets, dataDir);
    try {
      await claim.announce();
      await waitUntilAlone(sockets, claim, dataDir);
      // A rival can mistake a socket for a dead one between its creation and its first accept. That rival has given up by now.
      if (existsSync(join(dataDir, claim.name))) {
        claim.state = 'held';
        return { release: () => claim.withdraw() };
      }
      await claim.withdraw({ keepFolder: true });
    } catch (error) {
      await claim.withdraw();
      throw error;
    }
  }
}

async function waitUntilAlone(sockets: SocketFolder, claim: Claim, dataDir: string): Promise<void> {
  for (let retry = 0; retry < MAX_CLAIM_RETRIES; retry += 1) {
    let rivals = 0;
    for (const name of sockets.list()) {
      if (name === claim.name) continue;
      const state = await sockets.ask(name);
      if (state === 'dead') rmSync(join(dataDir, name), { force: true });
      else if (state === 'held' || (state === 'claiming' && name < claim.name)) throw locked(dataDir, name);
      else rivals += 1;
    }
    if (rivals === 0) return;
    await sleep(CLAIM_RETRY_MS);
  }
  throw locked(dataDir, null);
}

function locked(dataDir: string, name: string | null): HedgerowError {
  const pid = name === null ? undefined : SOCKET_NAME.exec(name)?.[1];
  const who = pid === undefined ? 'another process' : pid === String(process.pid) ? 'this process already' : `another process (pid ${pid})`;
  return new HedgerowError(
    'STORE_LOCKED',
    `the data folder ${dataDir} is in use by ${who}. Two writers would destroy each other's records: stop the other one first, or use another data folder`,
  );
}

/** Reaches the sockets in a folder, also when its path is longer than a socket address may be. */
class SocketFolder {
  readonly #dataDir: string;
  readonly #descriptor: number | null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    const longest = join(dataDir, `lock-${2 ** 31}-${'0'.repeat(16)}.sock`);
    const isTooLong = Buffer.byteLength(longest) > MAX_SOCKET_PATH_BYTES;
    if (isTooLong && process.platform !== 'linux') {
      throw new HedgerowError('STORE_UNAVAILABLE', `the path of the data folder ${dataDir} is too long for its lock; use a folder with a shorter path`);
    }
    this.#descriptor = isTooLong ? openSync(dataDir, 'r') : null;
  }

  list(): readonly string[] {
    return readdirSync(this.#dataDir).filter((name) => SOCKET_NAME.test(name));
  }

  address(name: string): string {
    return this.#descriptor === null ? join(this.#dataDir, name) : `/proc/self/fd/${this.#descriptor}/${name}`;
  }

  /**
   * Only a refused connection proves that nobody is there. `leaving`: it hung up on us, as one does that gives up; to be asked again.
   * Whatever else goes wrong counts as a holder.
   */
  ask(name: string): Promise<LockState | 'leaving' | 'dead'> {
    return new Promise((resolve) => {
      const socket = connect(this.address(name));
      let text = '';
      socket.setEncoding('utf8').setTimeout(ANSWER_TIMEOUT_MS);
      socket.on('data', (part: string) => (text += part));
      socket.on('timeout', () => resolve('held'));
      socket.on('timeout', () => socket.destroy());
      socket.on('error', ({ code }: NodeJS.ErrnoException) => {
        if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve('dead');
        else if (code !== 'ECONNRESET' && code !== 'EPIPE') resolve('held');
      });
      socket.on('close', () => resolve(text === 'held' || text === 'claiming' ? text : 'leaving'));
    });
  }

  close(): void {
    if (this.#descriptor !== null) closeSync(this.#descriptor);
  }
}

/** Our own socket. Tells whoever connects whether we are still claiming. */
class Claim {
  readonly name = `lock-${process.pid}-${randomBytes(8).toString('hex')}.sock`;
  state: LockState = 'claiming';
  readonly #sockets: SocketFolder;
  readonly #dataDir: string;
  readonly #server: Server;
  #isWithdrawn = false;

  constructor(sockets: SocketFolder, dataDir: string) {
    this.#sockets = sockets;
    this.#dataDir = dataDir;
    this.#server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(this.state);
    });
    // The lock lives as long as the process and never keeps it alive by itself.
    this.#server.unref();
    // A connection that cannot be accepted (no descriptors left) must not end the bot; the asker takes silence as a holder.
    this.#server.on('error', () => undefined);
  }

  announce(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(
          new HedgerowError('STORE_UNAVAILABLE', `the data folder ${this.#dataDir} cannot be locked: ${error.message}. It has to be writable and on a file system with unix sockets`),
        ),
      );
      this.#server.listen(this.#sockets.address(this.name), resolve);
    });
  }

  async withdraw({ keepFolder = false } = {}): Promise<void> {
    if (this.#isWithdrawn) return;
    this.#isWithdrawn = true;
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(join(this.#dataDir, this.name), { force: true });
    if (!keepFolder) this.#sockets.close();
  }
}
