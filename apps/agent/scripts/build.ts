/** Bundles the agent into one file that runs on a host with Node alone: what `gantry join` fetches. */
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

await build({
  input: { agent: path('../src/main.ts') },
  platform: 'node',
  // Optional native parts of ssh2, which dockerode loads for ssh:// engines only and does without.
  external: [/\.node$/, 'cpu-features'],
  transform: { target: 'node20' },
  output: {
    dir: path('../dist'),
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    minify: false,
    cleanDir: true,
  },
  logLevel: 'warn',
});
