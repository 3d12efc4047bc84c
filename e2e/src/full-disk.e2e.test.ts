import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEngine } from './testbed/images.ts';
import { LocalCluster, runCommand } from './testbed/local-cluster.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

/** The data directory is on a small file system of its own. */
describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('a full disk', () => {
  let disk: string;

  beforeEach(async () => {
    disk = await mkdtemp(join(tmpdir(), 'gantry-full-disk-'));
    expect(await runCommand('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk])).toMatchObject({ code: 0 });
    await openEngine().ping();
  });

  afterEach(async () => {
    await runCommand('umount', [disk]);
    await rm(disk, { recursive: true, force: true });
  });

  it('refuses to start with one clear line', async () => {
    await fill(disk);
    const dataDir = join(disk, 'data');
    const { code, stderr } = await runCommand('npm', ['start', '--', '--detach', '--data-dir', dataDir, '--no-demo']);
    expect(code).not.toBe(0);
    expect(stderr.split('\n').filter((line) => line.startsWith('gantry:'))).toEqual([
      expect.stringMatching(/^gantry: no space is left for the data directory .*: free some, or name another with --/),
    ]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('that comes later is told to clients, holds nothing else up, and is over when there is room again', async () => {
    const cluster = await LocalCluster.start(['--no-demo'], join(disk, 'data'));
    const client = cluster.client();
    try {
      await fill(disk);
      const refused = await createUntilRefused(client);
      expect(refused).toMatchObject({
        status: 500,
        text: expect.stringContaining('the disk is full; free some space'),
      });
      // Longer than it takes to give a node up that says nothing: the agents write logs to that disk, too.
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      const nodes = await client.json<{ items: { status: { conditions: { type: string; status: string }[] } }[] }>(
        '/api/v1/nodes',
      );
      const ready = nodes.items.map(({ status }) => status.conditions.find(({ type }) => type === 'Ready')?.status);
      expect(ready).toEqual(['True', 'True', 'True']);
      await rm(join(disk, 'fill'));
      await client.must('POST', configMaps, configMap('after'));
    } finally {
      client.close();
      await rm(join(disk, 'fill'), { force: true });
      await cluster.stop();
    }
  });
});

async function fill(disk: string): Promise<void> {
  await mkdir(disk, { recursive: true });
  // Fails when the disk is full, which is the point.
  await writeFile(join(disk, 'fill'), Buffer.alloc(8 * 1024 * 1024)).catch(() => undefined);
}

/** Some writes may still fit into what the store has on the disk already. */
async function createUntilRefused(client: ReturnType<LocalCluster['client']>) {
  for (let count = 0; count < 1000; count += 1) {
    const answer = await client.send('POST', configMaps, configMap(`big-${count}`, 'x'.repeat(50_000)));
    if (answer.status !== 201) return answer;
  }
  return undefined;
}

function configMap(name: string, value = ''): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } };
}
