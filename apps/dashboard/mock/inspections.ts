import { ApiError } from '@gantry/api-types';
import type { FeedContainer, FeedPod, FeedResources } from '@gantry/api-types/feed';
import type {
  ContainerInspection,
  ImageInspection,
  KernelFact,
  NamespaceInspection,
  NamespaceKind,
  NodeInspection,
  PodInspection,
  StartPhase,
} from '@gantry/api-types/inspection';
import type { MockFleet } from './fleet.ts';

const path = /^\/apis\/gantry\.io\/v1\/(?:namespaces\/([^/]+)\/podinspections|nodeinspections)\/([^/]+)$/;

/** What the make-believe agents read of pods and nodes; undefined for other paths. */
export function answerInspection(fleet: MockFleet, url: string): object | undefined {
  const [isInspection, namespace, name = ''] = path.exec(url) ?? [];
  if (isInspection === undefined) return undefined;
  if (namespace === undefined) return nodeInspection(fleet, name);
  const pod = fleet.pods.get(`${namespace}/${name}`);
  if (!pod) throw new ApiError('NotFound', `pods "${name}" not found`);
  if (!pod.nodeName) throw new ApiError('BadRequest', `pod ${name} does not have a host assigned`);
  return podInspection(fleet, pod);
}

function podInspection(fleet: MockFleet, pod: FeedPod): PodInspection {
  const [namespace = '', name = ''] = pod.key.split('/');
  return {
    apiVersion: 'gantry.io/v1',
    kind: 'PodInspection',
    metadata: { name, namespace, uid: pod.uid },
    nodeName: pod.nodeName ?? '',
    observedAt: new Date(fleet.now).toISOString(),
    cgroupVersion: 2,
    containers: pod.containers.map((container, index) => containerInspection(pod, container, index)),
    podFiles: [],
    phases: phasesOf(pod),
    unread: [],
  };
}

function containerInspection(pod: FeedPod, { name, image }: FeedContainer, index: number): ContainerInspection {
  const number = numberOf(pod.uid);
  const pid = 1000 + number + index;
  return {
    name,
    kind: 'regular',
    id: number.toString(16).padStart(64, 'c'),
    state: 'running',
    pid,
    namespaces: namespacesOf(pod, number, index),
    files: filesOf(pod, number),
    security: [
      { path: `/proc/${pid}/status`, name: 'Uid', text: '0\t0\t0\t0', meaning: 'root' },
      { path: `/proc/${pid}/status`, name: 'CapEff', text: '0000000000000400', meaning: 'NET_BIND_SERVICE' },
      { path: `/proc/${pid}/status`, name: 'Seccomp', text: '2', meaning: 'filtered by a profile' },
    ],
    processes: {
      items: [
        {
          pid,
          parentPid: 1,
          innerPid: 1,
          command: 'node',
          state: 'S',
          uid: 0,
          threads: 11,
          residentBytes: 48 * 2 ** 20,
        },
      ],
      count: 1,
    },
    image: imageInspection(image),
    writableBytes: 12_288,
  };
}

const kinds: readonly NamespaceKind[] = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'user', 'uts'];
const ofThePod: ReadonlySet<NamespaceKind> = new Set(['ipc', 'net', 'uts']);

function namespacesOf(pod: FeedPod, number: number, index: number): readonly NamespaceInspection[] {
  return kinds.map((kind, at) => {
    const others = ofThePod.has(kind) ? pod.containers.filter((_, other) => other !== index) : [];
    const sharedWith = others.map(({ name }) => ({ pod: pod.key, container: name }));
    const isHost = kind === 'user';
    const inode = isHost ? 4_026_531_837 : 4_026_532_000 + number * 10 + at;
    return { kind, link: `${kind}:[${inode}]`, isHost, sharedWith, sharedCount: sharedWith.length };
  });
}

function filesOf({ uid, requests, limits }: FeedPod, number: number): readonly KernelFact[] {
  const directory = `/sys/fs/cgroup/gantry/lab/node-1/pod${uid}`;
  const fact = (name: string, text: string): KernelFact => ({ path: `${directory}/${name}`, name, text });
  const declared = (name: string, text: string, field: string, value: string | undefined): KernelFact => ({
    ...fact(name, text),
    declared: { field, ...(value === undefined ? {} : { value }), expected: text, agrees: true },
  });
  const { cpuMilli, memoryBytes }: Partial<FeedResources> = limits;
  return [
    declared('cpu.weight', '4', 'resources.requests.cpu', `${requests.cpuMilli}m`),
    declared(
      'cpu.max',
      cpuMilli ? `${cpuMilli * 100} 100000` : 'max 100000',
      'resources.limits.cpu',
      cpuMilli ? `${cpuMilli}m` : undefined,
    ),
    fact('cpu.stat', `usage_usec ${number * 1000}\nnr_periods 840\nnr_throttled 12`),
    declared(
      'memory.max',
      memoryBytes ? String(memoryBytes) : 'max',
      'resources.limits.memory',
      memoryBytes ? `${memoryBytes / 2 ** 20}Mi` : undefined,
    ),
    fact('memory.current', String(52 * 2 ** 20)),
    fact('pids.current', '11'),
  ];
}

const base = {
  diffId: `sha256:${'ba5e'.repeat(16)}`,
  sizeBytes: 74_800_000,
  createdBy: 'ADD rootfs.tar /',
} as const;
const runtime = {
  diffId: `sha256:${'0de0'.repeat(16)}`,
  sizeBytes: 81_200_000,
  createdBy: 'COPY node /usr/bin/',
} as const;

function imageInspection(name: string, others: readonly string[] = ['shop/web:1', 'shop/orders:1']): ImageInspection {
  const sharedWith = others.filter((other) => other !== name);
  const shared = { sharedWith, sharedCount: sharedWith.length };
  const number = numberOf(name);
  const own = { diffId: `sha256:${number.toString(16).padStart(64, 'a')}`, sizeBytes: 1_000_000 + number * 1000 };
  const layers = [
    { ...base, ...shared },
    { ...runtime, ...shared },
    { ...own, createdBy: 'COPY . /app', sharedCount: 0, sharedWith: [] },
  ];
  const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  return { id: `sha256:${number.toString(16).padStart(64, '1')}`, names: [name], sizeBytes, layers };
}

function nodeInspection(fleet: MockFleet, name: string): NodeInspection {
  if (!fleet.nodes.has(name)) throw new ApiError('NotFound', `nodes "${name}" not found`);
  const pods = [...fleet.pods.values()].filter(({ nodeName }) => nodeName === name);
  const names = [...new Set(pods.flatMap(({ containers }) => containers.map(({ image }) => image)))];
  const images = names.map((image) => {
    const users = pods.filter(({ containers }) => containers.some((container) => container.image === image));
    return { ...imageInspection(image, names), pods: users.map(({ key }) => key) };
  });
  const totalBytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const savedBytes = Math.max(0, images.length - 1) * (base.sizeBytes + runtime.sizeBytes);
  return {
    apiVersion: 'gantry.io/v1',
    kind: 'NodeInspection',
    metadata: { name },
    observedAt: new Date(fleet.now).toISOString(),
    images,
    imageCount: images.length,
    totalBytes,
    savedBytes,
    unread: [],
  };
}

function phasesOf(pod: FeedPod): readonly StartPhase[] {
  const createdAt = Math.floor(Date.parse(pod.createdAt) / 1000) * 1000;
  const container = pod.containers[0]?.name ?? '';
  const agent = 'agent' as const;
  return [
    { phase: 'scheduling', startedAt: createdAt, durationMs: 0, source: 'conditions' },
    { phase: 'preparing', startedAt: createdAt + 40, durationMs: 35, source: agent },
    { phase: 'pulling', container, startedAt: createdAt + 75, durationMs: 4, source: agent },
    { phase: 'queueing', container, startedAt: createdAt + 80, durationMs: 60, source: agent },
    { phase: 'creating', container, startedAt: createdAt + 140, durationMs: 180, source: agent },
    { phase: 'starting', container, startedAt: createdAt + 320, durationMs: 380, source: agent },
    { phase: 'networking', startedAt: createdAt + 410, durationMs: 28, source: agent },
    { phase: 'becomingReady', startedAt: createdAt + 700, durationMs: 900, source: agent },
  ];
}

function numberOf(text: string): number {
  let sum = 0;
  for (const character of text) sum = (sum * 31 + character.charCodeAt(0)) % 30_000;
  return sum;
}
