import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, inject, it } from 'vitest';

/** What the first paint may cost on the wire, bytes. */
const budget = 225 * 1024;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

it('paints first from at most 225 KiB, compressed', async () => {
  const distDir = inject('distDir');
  const manifest = JSON.parse(await readFile(join(distDir, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
  const files = new Set(['index.html']);
  const collect = (chunk: Chunk | undefined): void => {
    if (!chunk || files.has(chunk.file)) return;
    for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
    for (const imported of chunk.imports ?? []) collect(manifest[imported]);
  };
  for (const chunk of Object.values(manifest)) if (chunk.isEntry) collect(chunk);
  let bytes = 0;
  for (const file of files) bytes += gzipSync(await readFile(join(distDir, file)), { level: 9 }).length;
  expect(files.size).toBeGreaterThan(2);
  expect(bytes).toBeLessThanOrEqual(budget);
});
