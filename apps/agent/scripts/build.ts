/**
 * Bundles the agent into one folder that runs on a host with Node alone: what `gantry join` fetches. Built beside the
 * old one, then put in its place, since a running controller may be serving that.
 */
import { rename, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const finished = path('../dist');
const unfinished = path(`../.dist-${process.pid}`);
const replaced = `${unfinished}-old`;

try {
  await build({
    input: { agent: path('../src/main.ts') },
    platform: 'node',
    resolve: { alias: { ssh2: path('./no-ssh.cjs') } },
    transform: { target: 'node20', define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' } },
    output: {
      dir: unfinished,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
      minify: false,
    },
    logLevel: 'warn',
  });
  await rename(finished, replaced).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(unfinished, finished);
} finally {
  for (const dir of [unfinished, replaced]) await rm(dir, { recursive: true, force: true });
}
