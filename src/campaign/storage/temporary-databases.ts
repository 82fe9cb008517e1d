/** Databases of their own on a PostgreSQL server, one for each round, dropped afterwards. */

/** Makes a new one each time it is called. */
export function temporaryDatabases(serverUrl: string): () => Promise<{ readonly url: string; drop(): Promise<void> }> {
  let made = 0;
  return async () => {
    made += 1;
    const name = `hedgerow_storage_${process.pid}_${made}`;
    await administer(serverUrl, `create database ${name}`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return { url: url.href, drop: () => administer(serverUrl, `drop database ${name} with (force)`) };
  };
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
