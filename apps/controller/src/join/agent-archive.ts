import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { ApiError } from '@gantry/api-types';
import { pack as createPack } from 'tar-stream';

/** The built agent (`npm run build`) of `distDir` as one gzipped tar archive. Rejects with `ApiError` where it was not built. */
export async function createAgentArchive(distDir: string): Promise<Buffer> {
  const names = await readdir(distDir).catch(() => []);
  const files = names.filter((name) => name.endsWith('.mjs'));
  if (!files.includes('agent.mjs')) {
    throw new ApiError(
      'ServiceUnavailable',
      'this controller holds no built agent: run `npm run build` where it was installed',
    );
  }
  const pack = createPack();
  for (const name of files) pack.entry({ name, mode: 0o644 }, await readFile(join(distDir, name)));
  pack.finalize();
  return buffer(pack.pipe(createGzip()));
}
