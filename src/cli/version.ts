/** Which version of hedgerow this is (I21). */
import { readFileSync } from 'node:fs';

/** From package.json, which lies two folders above the sources and three above the build. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { readonly version?: string };
      return manifest.version ?? 'unknown';
    } catch {
      // The other place.
    }
  }
  return 'unknown';
}
