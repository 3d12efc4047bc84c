import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Builds the page as operators get it into a new folder, which the caller removes. Takes well under a second. */
export async function buildPage(): Promise<string> {
  const distDir = await mkdtemp(join(tmpdir(), 'gantry-dashboard-'));
  // The page's config sets it for the whole process.
  const before = process.env.NODE_ENV;
  try {
    await build({
      root: fileURLToPath(new URL('..', import.meta.url)),
      logLevel: 'warn',
      build: { outDir: distDir, emptyOutDir: true, manifest: true },
    });
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
  return distDir;
}
