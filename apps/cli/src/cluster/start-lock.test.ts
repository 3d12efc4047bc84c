import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTerminal } from '../output/terminal.ts';
import { takeStartLock } from './start-lock.ts';

const terminal = createTerminal(new PassThrough() as unknown as typeof process.stdout);
let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gantry-lock-'));
  path = join(dir, 'lock');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

it('lets one start go on at a time', async () => {
  const order: string[] = [];
  const release = await takeStartLock(terminal, path);
  const second = takeStartLock(terminal, path).then(async (releaseSecond) => {
    order.push('second');
    await releaseSecond();
  });
  await new Promise((resolve) => setImmediate(resolve));
  order.push('first is done');
  await release();
  await second;
  expect(order).toEqual(['first is done', 'second']);
});

it('does not wait for a holder that died', async () => {
  const { pid } = spawnSync('true');
  await mkdir(path);
  await writeFile(join(path, 'pid'), String(pid));
  await (await takeStartLock(terminal, path))();
});
