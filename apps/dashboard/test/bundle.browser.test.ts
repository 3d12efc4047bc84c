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
  const contents = await Promise.all([...files].map((file) => readFile(join(distDir, file))));
  const bytes = contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
  expect(files.size).toBeGreaterThan(2);
  expect(bytes).toBeLessThanOrEqual(budget);
  // The build of React for operators, although vitest says NODE_ENV=test.
  expect(contents.filter((content) => content.includes('jsxDEV'))).toEqual([]);
});
