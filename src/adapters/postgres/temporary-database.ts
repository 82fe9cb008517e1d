/** A database of its own on a PostgreSQL server, dropped afterwards, so that benchmarks and kill tests leave nothing behind. */

export interface TemporaryDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

let made = 0;

export async function temporaryDatabase(serverUrl: string): Promise<TemporaryDatabase> {
  made += 1;
  const name = `hedgerow_${process.pid}_${Date.now()}_${made}`;
  await administer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(serverUrl, `drop database ${name} with (force)`) };
}

async function administer(serverUrl: string, statement: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
