import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readKubeconfig } from './kubeconfig.ts';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry kubeconfig '));
  path = join(dir, 'kubeconfig');
});

afterEach(() => rm(dir, { recursive: true }));

const config = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'second',
  contexts: [
    { name: 'first', context: { cluster: 'a', user: 'a' } },
    { name: 'second', context: { cluster: 'b', user: 'b' } },
  ],
  clusters: [
    { name: 'a', cluster: { server: 'https://a:1' } },
    { name: 'b', cluster: { server: 'https://[::1]:6443', 'certificate-authority-data': 'UEVN' } },
  ],
  users: [
    { name: 'a', user: {} },
    { name: 'b', user: { token: 'secret' } },
  ],
};

it('reads the current context, in YAML and in JSON', async () => {
  for (const text of [stringify(config), JSON.stringify(config)]) {
    await writeFile(path, text);
    expect(await readKubeconfig(path)).toEqual({ server: 'https://[::1]:6443', caPem: 'PEM', token: 'secret' });
  }
});

it('says in one line what is wrong with a file that it cannot use', async () => {
  await expect(readKubeconfig(path)).rejects.toThrow('there is no cluster here');
  await writeFile(path, 'a: [');
  await expect(readKubeconfig(path)).rejects.toThrow('is not a kubeconfig');
  for (const text of ['', 'just text', JSON.stringify({ ...config, 'current-context': 'first' })]) {
    await writeFile(path, text);
    await expect(readKubeconfig(path)).rejects.toThrow('no current context with an embedded CA and a token');
  }
});
