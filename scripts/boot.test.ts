import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('boot.sh', import.meta.url));

interface Checkout extends AsyncDisposable {
  readonly root: string;
  /** Runs the script; the commands that it ran, in order. */
  boot(env?: Record<string, string>, ...args: string[]): Promise<string[]>;
}

/** A checkout in which npm, node and nx only say that they were called. */
async function checkout(installedLock?: string): Promise<Checkout> {
  const root = await mkdtemp(join(tmpdir(), 'gantry boot '));
  const calls = join(root, 'calls');
  const tools = join(root, 'tools');
  const bin = join(root, 'node_modules/.bin');
  const program = async (path: string, text: string) => {
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
  };
  for (const dir of ['scripts', 'tools', 'node_modules/.bin']) await mkdir(join(root, dir), { recursive: true });
  await copyFile(script, join(root, 'scripts/boot.sh'));
  await writeFile(join(root, 'package-lock.json'), 'new');
  await program(join(tools, 'npm'), `echo "npm $1" >>"${calls}"`);
  if (installedLock !== undefined) {
    await program(join(bin, 'node'), 'echo v26.0.0');
    await writeFile(join(root, 'node_modules/.boot-lock'), installedLock);
  } else {
    await program(join(tools, 'node'), 'echo v26.0.0');
  }
  await program(join(bin, 'nx'), `echo nx >>"${calls}"`);
  return {
    root,
    boot: async (env = {}, ...args) => {
      const { status, stderr } = spawnSync('sh', [join(root, 'scripts/boot.sh'), ...args], {
        env: { PATH: `${tools}:/usr/bin:/bin`, ...env },
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const called = await readFile(calls, 'utf8').catch(() => '');
      return called.split('\n').filter(Boolean);
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

it('installs what the lock file says where nothing is installed', async () => {
  await using fresh = await checkout();
  expect(await fresh.boot()).toEqual(['npm ci', 'nx']);
});

it('installs anew where something else is installed', async () => {
  await using old = await checkout('old');
  expect(await old.boot()).toEqual(['npm ci', 'nx']);
});

it('goes by what the lock file says, not by its age', async () => {
  await using same = await checkout('new');
  const later = new Date(Date.now() + 60_000);
  await utimes(join(same.root, 'package-lock.json'), later, later);
  expect(await same.boot()).toEqual(['nx']);
});

it('takes no dependencies away from the tests that run on them, nor from a cluster that is to end', async () => {
  await using tested = await checkout('old');
  expect(await tested.boot({ GANTRY_FREEZE: '1' })).toEqual(['nx']);
  await using ended = await checkout('old');
  expect(await ended.boot({}, '--as-it-is')).toEqual(['nx']);
});

it('builds again only where a source is newer than the last build', async () => {
  await using same = await checkout('new');
  const source = join(same.root, 'packages/core/src/index.ts');
  for (const dir of ['apps/dashboard/dist', 'apps/agent/dist', 'packages/core/src'])
    await mkdir(join(same.root, dir), { recursive: true });
  for (const name of ['tsconfig.base.json', 'nx.json', 'packages/core/src/index.ts'])
    await writeFile(join(same.root, name), '');
  expect(await same.boot()).toEqual(['nx']);
  expect(await same.boot()).toEqual(['nx']);
  const later = new Date(Date.now() + 60_000);
  await utimes(source, later, later);
  expect(await same.boot({}, '--as-it-is')).toEqual(['nx']);
  expect(await same.boot()).toEqual(['nx', 'nx']);
  await rm(join(same.root, 'apps/dashboard/dist'), { recursive: true });
  expect(await same.boot({}, '--as-it-is')).toEqual(['nx', 'nx', 'nx']);
});

it('may run several times at once', async () => {
  await using same = await checkout('new');
  await writeFile(join(same.root, 'node_modules/.bin/nx'), '#!/bin/sh\nsleep 1\n');
  const boot = () => spawn('sh', [join(same.root, 'scripts/boot.sh')], { env: { PATH: '/usr/bin:/bin' } });
  const ends = await Promise.all([once(boot(), 'close'), once(boot(), 'close')]);
  expect(ends.map(([code]) => code)).toEqual([0, 0]);
});

it('has nothing to do where npm test has just done it', async () => {
  await using tested = await checkout('new');
  expect(await tested.boot({ GANTRY_BOOTED: '1' })).toEqual([]);
});
