import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

/** Builds the page once for all browser tests, into a folder of its own; the returned function removes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const distDir = await mkdtemp(join(tmpdir(), 'gantry-dashboard-'));
  // vitest says NODE_ENV=test, which would build React for development: not what operators get.
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    logLevel: 'warn',
    build: { outDir: distDir, emptyOutDir: true, manifest: true },
  });
  if (before === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = before;
  project.provide('distDir', distDir);
  return () => rm(distDir, { recursive: true, force: true });
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the page under test was built. */
    distDir: string;
  }
}
