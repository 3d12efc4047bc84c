import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyGroup } from './ownership.ts';

let volume: string;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), 'gantry-group-'));
  await mkdir(join(volume, 'deep'), { mode: 0o755 });
  for (const [name, mode] of [
    ['script', 0o755],
    ['private', 0o600],
    ['deep/shared', 0o644],
  ] as const) {
    await writeFile(join(volume, name), '');
    await chmod(join(volume, name), mode);
  }
  await symlink('nowhere', join(volume, 'link'));
});
afterEach(() => rm(volume, { recursive: true, force: true }));

const group = process.getgid?.() ?? 0;
const modes = async () =>
  Object.fromEntries(
    await Promise.all(
      ['.', 'deep', 'script', 'private', 'deep/shared'].map(async (name) => {
        const { mode, gid } = await stat(join(volume, name));
        return [name, `${(mode & 0o7777).toString(8)} ${gid === group}`];
      }),
    ),
  );

it('lets the group of a pod write what is in a volume that is written to', async () => {
  await applyGroup(volume, group, 'write');
  expect(await modes()).toEqual({
    '.': '2770 true',
    deep: '2775 true',
    script: '775 true',
    private: '660 true',
    'deep/shared': '664 true',
  });
});

it('lets it read what the node itself writes', async () => {
  await applyGroup(volume, group, 'read');
  expect(await modes()).toMatchObject({ script: '755 true', private: '640 true', 'deep/shared': '644 true' });
});
