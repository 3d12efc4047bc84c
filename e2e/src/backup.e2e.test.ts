import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { type CommandResult, repositoryRoot, runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const docker = openEngine();
const image = 'gantry-e2e/backup:1';

/** `gantry backup` of a cluster with data, restored into another one that knows nothing of it. */
describe('a backup', () => {
  let directory: string;
  let file: string;
  let note: string;
  let backup: CommandResult;
  let fresh: LocalTestCluster;

  const gantry = (test: LocalTestCluster, ...args: string[]): Promise<CommandResult> =>
    runCommand('npx', ['gantry', ...args, '--data-dir', test.cluster.dataDir]);

  /** What the pod read from its volume when it started. */
  async function readNote({ kubectl }: LocalTestCluster): Promise<string> {
    await kubectl.in('shop').must('rollout', 'status', 'deployment/web', '--timeout=90s');
    return kubectl.in('shop').must('logs', 'deployment/web');
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gantry-backup-'));
    file = join(directory, 'backup.tar');
    await buildBusyboxImage(docker, image);
    const old = await LocalTestCluster.start(['--no-demo', '--nodes', '1']);
    try {
      await old.kubectl
        .in('shop')
        .feed(await readFile(join(repositoryRoot, 'e2e/manifests/backup/shop.yaml'), 'utf8'), 'apply', '-f', '-');
      note = await readNote(old);
      backup = await gantry(old, 'backup', file);
    } finally {
      await old.stop();
    }
    fresh = await LocalTestCluster.start(['--no-demo', '--nodes', '2']);
  });

  afterAll(async () => {
    await fresh?.stop();
    await removeImages(docker, [image]);
    await rm(directory, { recursive: true, force: true });
  });

  it('says what it holds, and nobody else may read it', async () => {
    expect(backup).toMatchObject({ code: 0, stderr: '' });
    expect(backup.stdout).toMatch(/shop\/data: \d+\.\d MiB\n.*: \d+ objects, 1 volumes\n/);
    expect((await runCommand('stat', ['-c', '%a', file])).stdout).toBe('600\n');
  });

  it('is restored into a fresh cluster: objects, addresses, and the files of volumes', async () => {
    const { code, stdout, stderr } = await gantry(fresh, 'restore', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/shop\/data: 1 files, 0\.0 MiB/);
    expect(stdout).toMatch(/\d+ objects created, \d+ were there already, 1 volumes filled/);
    expect(note).toMatch(/^note [0-9a-f-]{36} mode 600\n$/);
    expect(await readNote(fresh)).toBe(note);
    const shop = fresh.kubectl.in('shop');
    expect(await shop.must('get', 'configmap', 'settings', '-o', 'jsonpath={.data.greeting}')).toBe('hello');
    expect(await shop.must('get', 'secret', 'password', '-o', 'jsonpath={.data.word}')).toBe(btoa('open sesame'));
    expect(await shop.must('get', 'namespace', 'shop', '-o', 'jsonpath={.metadata.labels.team}')).toBe('fruit');
    const { spec } = await shop.json<Service>('get', 'service', 'web');
    expect(spec.ports?.[0]?.nodePort).toBe(31234);
    // The Deployment makes its own: none was restored beside it.
    const pods = await shop.must('get', 'pods', '-o', 'name');
    expect(pods.trim().split('\n')).toHaveLength(1);
  });

  it('changes nothing that is there when it is restored again', async () => {
    const shop = fresh.kubectl.in('shop');
    await shop.must('patch', 'configmap', 'settings', '-p', '{"data":{"greeting":"changed"}}');
    const { code, stdout } = await gantry(fresh, 'restore', file, '--namespace', 'shop');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^0 objects created, \d+ were there already, 0 volumes filled$/m);
    expect(await shop.must('get', 'configmap', 'settings', '-o', 'jsonpath={.data.greeting}')).toBe('changed');
  });

  it('gives a Service another port where its own is taken', async () => {
    await fresh.kubectl.must('delete', 'namespace', 'shop', '--wait=true');
    await fresh.kubectl.feed(
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"first"},"spec":{"type":"NodePort","ports":[{"port":1,"nodePort":31234}]}}',
      'apply',
      '-f',
      '-',
    );
    const { code, stderr, stdout } = await gantry(fresh, 'restore', file, '-n', 'shop');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Service shop/web gets other addresses or ports');
    expect(await readNote(fresh)).toBe(note);
  });

  it('is refused where it is none', async () => {
    const other = join(directory, 'other');
    await writeFile(other, 'no backup');
    expect((await gantry(fresh, 'restore', other)).stderr).toContain('is not a backup that this gantry can read');
    expect((await gantry(fresh, 'restore', `${other}.none`)).stderr).toContain('there is no file');
    expect((await gantry(fresh, 'backup', other, '-n', 'nowhere')).stderr).toContain('there is no namespace nowhere');
  });
});
