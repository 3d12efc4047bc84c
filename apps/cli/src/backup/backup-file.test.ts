import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BackupReader, BackupWriter, readBackup } from './backup-file.ts';

let directory: string;
let path: string;
const header = { format: 'gantry-backup', version: 1, createdAt: 'now', gantry: '1' } as const;
const large = Buffer.alloc(9_000_001, 'x');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gantry-backup-'));
  path = join(directory, 'file');
});

afterEach(() => rm(directory, { recursive: true }));

async function writeBackup(): Promise<void> {
  const writer = new BackupWriter(path);
  await writer.addJson('backup.json', header);
  await writer.addJson('objects.json', [{ kind: 'A' }]);
  expect(await writer.addVolume('shop', 'large', Readable.from([large]))).toBe(large.length);
  expect(await writer.addVolume('shop', 'small', Readable.from([Buffer.from('s')]))).toBe(1);
  await writer.finish();
}

function reader(onVolume: BackupReader['onVolume']): BackupReader & { seen: unknown[] } {
  const seen: unknown[] = [];
  return {
    seen,
    onHeader: (found) => void seen.push(found),
    onObjects: async (objects) => void seen.push(objects),
    onVolume,
  };
}

it('holds objects and volumes, whatever their size', async () => {
  await writeBackup();
  expect(await readdir(directory)).toEqual(['file']);
  const volumes = new Map<string, number>();
  const target = reader(async (namespace, claim, archive) => {
    volumes.set(`${namespace}/${claim}`, (await buffer(archive)).length);
  });
  await readBackup(path, target);
  expect(target.seen).toEqual([header, [{ kind: 'A' }]]);
  expect([...volumes]).toEqual([
    ['shop/large', large.length],
    ['shop/small', 1],
  ]);
});

it('goes on where nobody wants a volume', async () => {
  await writeBackup();
  const asked: string[] = [];
  await readBackup(
    path,
    reader(async (_, claim) => void asked.push(claim)),
  );
  expect(asked).toEqual(['large', 'small']);
});

it('leaves nothing behind where it is abandoned', async () => {
  const writer = new BackupWriter(path);
  await writer.addJson('backup.json', header);
  await writer.abandon();
  expect(await readdir(directory)).toEqual([]);
});

it('is not taken for one where it is none', async () => {
  const nobody = reader(async () => undefined);
  await expect(readBackup(path, nobody)).rejects.toThrow('there is no file');
  for (const text of ['', 'no archive', 'x'.repeat(4096)]) {
    await writeFile(path, text);
    await expect(readBackup(path, nobody)).rejects.toThrow('is not a backup');
  }
});
