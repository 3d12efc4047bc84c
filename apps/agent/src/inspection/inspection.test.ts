import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ContainerInspection, KernelFact } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';
import { ImageCatalogue } from './image-catalogue.ts';
import { inspectPod } from './inspect-pod.ts';
import type { InspectedRuntime } from './source.ts';

interface Tree extends AsyncDisposable {
  readonly root: string;
  write(path: string, text: string): Promise<void>;
  link(path: string, target: string): Promise<void>;
}

async function makeTree(): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), 'gantry-inspection-'));
  const prepared = async (path: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    return join(root, path);
  };
  return {
    root,
    write: async (path, text) => writeFile(await prepared(path), text),
    link: async (path, target) => symlink(target, await prepared(path)),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

const status = `Name:\tsh
State:\tS (sleeping)
PPid:\t1
Uid:\t1000\t1000\t1000\t1000
Gid:\t0\t0\t0\t0
Groups:\t0
NSpid:\t42\t1
VmRSS:\t    1024 kB
Threads:\t3
CapEff:\t0000000000000000
CapBnd:\t0000000000000400
NoNewPrivs:\t1
Seccomp:\t2
`;

async function writeProcess(tree: Tree, pid: number, cgroup: string, namespaces: Record<string, number>) {
  await tree.write(`proc/${pid}/cgroup`, cgroup);
  await tree.write(`proc/${pid}/status`, status);
  await tree.write(`proc/${pid}/oom_score_adj`, '-997\n');
  await tree.write(`proc/${pid}/environ`, 'PASSWORD=secret\0');
  await tree.write(`proc/${pid}/cmdline`, 'sh\0--password=secret\0');
  for (const [kind, inode] of Object.entries(namespaces))
    await tree.link(`proc/${pid}/ns/${kind}`, `${kind}:[${inode}]`);
}

const guaranteed = { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '500m', memory: '64Mi' } };

function pod() {
  return makePod({
    name: 'web',
    container: {
      resources: guaranteed,
      securityContext: {
        runAsUser: 1000,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      },
    },
  });
}

/** A fake engine's pod, whose process 42 the tree has; process 43 is another container's, 1 the host's. */
async function inspect(tree: Tree, version: 1 | 2, tableOf: (id: string) => string) {
  await using node = await startFakeNode();
  const wanted = pod();
  await node.runPod(wanted);
  const [target] = node.manager.inspection?.pods() ?? [];
  const source = node.manager.inspection;
  if (!source || !target) throw new Error('the fake node has no pod');
  const id = target.state.tracks.get('main')?.attempts[0]?.id ?? '';
  await writeProcess(tree, 1, '0::/init.scope\n', { net: 1, pid: 2, mnt: 3, user: 4 });
  await writeProcess(tree, 42, tableOf(id), { net: 11, pid: 12, mnt: 13, user: 4 });
  await writeProcess(tree, 43, tableOf('f'.repeat(64)), { net: 11, pid: 22, mnt: 23, user: 4 });
  const details = await node.runtime.inspectContainer(id);
  const runtime: InspectedRuntime = {
    inspectContainer: async () => details && { ...details, pid: 42 },
    writableLayerBytes: async () => 7,
    listImages: () => node.runtime.listImages(),
    imageHistory: (reference) => node.runtime.imageHistory(reference),
  };
  const resourceFacts = { ...source.resourceFacts, lowestOomScoreAdj: -1000 };
  const layout = { version, driver: 'cgroupfs', root: join(tree.root, 'cgroup') };
  return inspectPod(
    {
      source: { ...source, runtime, layout, resourceFacts },
      proc: { root: join(tree.root, 'proc') },
      images: new ImageCatalogue(runtime),
    },
    { ...target, cgroupParent: '/pods/web' },
  );
}

const declared = (facts: readonly KernelFact[]) =>
  facts.flatMap(({ name, text, declared: said }) => (said ? [[name, text, said.value, said.agrees]] : []));

function onlyContainer(containers: readonly ContainerInspection[]): ContainerInspection {
  const [container] = containers;
  if (!container || containers.length > 1) throw new Error('one container was expected');
  return container;
}

it('reads what a container is made of from a v1 hierarchy, beside what its YAML says', async () => {
  await using tree = await makeTree();
  const table = (id: string) => `4:memory:/pods/web/${id}\n3:pids:/pods/web/${id}\n1:cpu,cpuacct:/pods/web/${id}\n`;
  await tree.write('cgroup/cpu/pods/web/cpu.shares', '512\n');
  await tree.write('cgroup/memory/pods/web/memory.limit_in_bytes', '67108864\n');
  const id = '1'.padStart(64, '0');
  const cpu = `cgroup/cpu/pods/web/${id}`;
  await tree.write(`${cpu}/cpu.shares`, '512\n');
  await tree.write(`${cpu}/cpu.cfs_quota_us`, '50000\n');
  await tree.write(`${cpu}/cpu.stat`, 'nr_periods 10\nnr_throttled 4\n');
  await tree.write(`${cpu}/cgroup.procs`, '42\n');
  await tree.write(`cgroup/memory/pods/web/${id}/memory.limit_in_bytes`, '33554432\n');
  await tree.write(`cgroup/memory/pods/web/${id}/memory.stat`, 'cache 5\ntotal_cache 6\ntotal_pgfault 7\n');
  await tree.write(`cgroup/pids/pods/web/${id}/pids.max`, 'max\n');
  const report = await inspect(tree, 1, table);
  expect(report.unread).toEqual([]);
  const container = onlyContainer(report.containers);
  expect(declared(container.files)).toEqual([
    ['cpu.shares', '512', '500m', true],
    ['cpu.cfs_quota_us', '50000', '500m', true],
    // Somebody has changed it behind our back.
    ['memory.limit_in_bytes', '33554432', '64Mi', false],
    ['oom_score_adj', '-997', 'Guaranteed', true],
  ]);
  const text = (name: string) => container.files.find((fact) => fact.name === name)?.text;
  expect([text('cpu.stat'), text('memory.stat'), text('pids.max')]).toEqual([
    'nr_periods 10\nnr_throttled 4',
    'total_cache 6',
    'max',
  ]);
  expect(declared(report.podFiles)).toEqual([
    ['cpu.shares', '512', undefined, true],
    ['memory.limit_in_bytes', '67108864', undefined, true],
  ]);
  expect(container.processes).toEqual({
    items: [
      {
        pid: 42,
        parentPid: 1,
        innerPid: 1,
        command: 'sh',
        state: 'S',
        uid: 1000,
        threads: 3,
        residentBytes: 1_048_576,
      },
    ],
    count: 1,
  });
  expect(JSON.stringify(report)).not.toContain('secret');
});

it('reads a v2 hierarchy, with whom namespaces are shared, and who the process is', async () => {
  await using tree = await makeTree();
  const id = '1'.padStart(64, '0');
  const directory = `cgroup/pods/web/${id}`;
  await tree.write(`${directory}/cpu.weight`, '20\n');
  await tree.write(`${directory}/cpu.max`, '50000 100000\n');
  await tree.write(`${directory}/memory.max`, '67108864\n');
  await tree.write(`${directory}/memory.swap.max`, '0\n');
  await tree.write(`${directory}/cgroup.procs`, '42\n');
  const report = await inspect(tree, 2, (each) => `0::/pods/web/${each}\n`);
  const container = onlyContainer(report.containers);
  expect(declared(container.files).map(([name, , , agrees]) => [name, agrees])).toEqual([
    ['cpu.weight', true],
    ['cpu.max', true],
    ['memory.max', true],
    ['memory.swap.max', true],
    ['oom_score_adj', true],
  ]);
  const stranger = [{ container: 'ffffffffffff' }];
  expect(container.namespaces).toMatchObject([
    { kind: 'mnt', link: 'mnt:[13]', isHost: false, sharedCount: 0 },
    { kind: 'net', link: 'net:[11]', isHost: false, sharedWith: stranger, sharedCount: 1 },
    { kind: 'pid', isHost: false, sharedCount: 0 },
    { kind: 'user', link: 'user:[4]', isHost: true, sharedCount: 0 },
  ]);
  expect(container.security).toMatchObject([
    { name: 'Uid', meaning: '1000', declared: { value: '1000', agrees: true } },
    { name: 'Gid', meaning: 'root' },
    { name: 'Groups' },
    { name: 'CapEff', meaning: 'none' },
    { name: 'CapBnd', meaning: 'NET_BIND_SERVICE', declared: { agrees: true } },
    { name: 'NoNewPrivs', declared: { value: 'false', agrees: true } },
    { name: 'Seccomp', meaning: 'filtered by a profile' },
  ]);
  expect(container.writableBytes).toBe(7);
  expect(container.image).toMatchObject({ names: [fakeImage], layers: [{ sizeBytes: 1, createdBy: 'COPY' }] });
});

it('says why a container cannot be looked at that runs on another host', async () => {
  await using tree = await makeTree();
  const report = await inspect(tree, 2, () => '0::/somebody/else\n');
  expect(onlyContainer(report.containers)).toMatchObject({ state: 'running', namespaces: [], files: [] });
  expect(report.unread).toMatchObject([
    { what: 'process of container main', reason: expect.stringContaining('the engine runs on another host') },
  ]);
});

it('keeps how long the parts of the first start took, and not those of a restart', async () => {
  await using node = await startFakeNode();
  const wanted = pod();
  const { uid } = wanted.metadata;
  await node.runPod(wanted);
  await node.until('it is ready', () => node.manager.inspection?.phasesOf(uid).at(-1)?.phase === 'becomingReady');
  const first = node.manager.inspection?.phasesOf(uid) ?? [];
  expect(first.map(({ phase, container }) => [phase, container]).sort()).toEqual([
    ['becomingReady', undefined],
    ['creating', 'main'],
    ['preparing', undefined],
    ['pulling', 'main'],
    ['queueing', 'main'],
    ['starting', 'main'],
  ]);
  node.clock.advance(60_000);
  node.runtime.exit(node.newest(wanted), 1);
  await node.until('it runs again', () => node.status(wanted).containerStatuses?.[0]?.restartCount === 1);
  expect(node.manager.inspection?.phasesOf(uid)).toEqual(first);
  node.api.removePod(uid);
  await node.until('it is forgotten', () => node.manager.inspection?.phasesOf(uid).length === 0);
});
