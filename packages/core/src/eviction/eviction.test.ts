import type { Pod } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { pressureRefusal } from './admit-under-pressure.ts';
import { parseThresholds } from './parse-thresholds.ts';
import { nextPressureState, pressureConditions } from './pressure-state.ts';
import { evictionMessage, type PodConsumption, rankForEviction } from './rank-pods.ts';
import { defaultThresholds, type MetThreshold, metThresholds, type Observations, withAllocatable } from './signals.ts';

const mebi = 1024 * 1024;
const low: MetThreshold = { signal: 'memory.available', available: 50 * mebi, limit: 100 * mebi };

interface Sample {
  readonly name: string;
  readonly request?: string;
  readonly priority?: number;
  readonly used: number;
  readonly shared?: number;
}

function consumption({ name, request, priority, used, shared = 0 }: Sample): PodConsumption {
  const requests = request === undefined ? {} : { memory: request, 'ephemeral-storage': request };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      containers: [{ name: 'main', resources: { requests } }],
      ...(priority === undefined ? {} : { priority }),
    },
    status: {},
  };
  return { pod, containers: new Map([['main', used * mebi]]), shared: shared * mebi };
}

describe('thresholds', () => {
  const cases: [string, Observations, string[]][] = [
    ['nothing seen', {}, []],
    ['all well', { 'memory.available': { capacity: 8e9, available: 4e9 } }, []],
    ['just enough memory', { 'memory.available': { capacity: 8e9, available: 100 * mebi } }, []],
    ['little memory', { 'memory.available': { capacity: 8e9, available: 100 * mebi - 1 } }, ['memory.available']],
    [
      'pods that use too much together, and a full disk',
      {
        'imagefs.available': { capacity: 1000, available: 149 },
        'nodefs.available': { capacity: 1000, available: 100 },
        'allocatableMemory.available': { capacity: 2e9, available: -5 },
      },
      ['allocatableMemory.available', 'imagefs.available'],
    ],
    [
      'few inodes and processes',
      {
        'pid.available': { capacity: 32768, available: 1000 },
        'nodefs.inodesFree': { capacity: 1000, available: 49 },
      },
      ['nodefs.inodesFree', 'pid.available'],
    ],
  ];

  it.each(cases)('%s', (_, seen, expected) => {
    expect(metThresholds(seen, withAllocatable(defaultThresholds)).map(({ signal }) => signal)).toEqual(expected);
  });

  it('are read from the kubelet’s flag', () => {
    expect(parseThresholds('memory.available<1Gi, nodefs.available<12.5%')).toEqual([
      { signal: 'memory.available', amount: { value: 1024 * mebi } },
      { signal: 'nodefs.available', amount: { percent: 12.5 } },
    ]);
    expect(parseThresholds('')).toEqual([]);
  });

  it.each([
    'memory.available',
    'memory<1Gi',
    'memory.available<much',
    'memory.available<-1',
    'nodefs.available<100%',
    'nodefs.available<%',
    'allocatableMemory.available<1Gi',
    'memory.available<1<2',
    'memory.available<1Gi,memory.available<2Gi',
  ])('%s is refused', (text) => {
    expect(() => parseThresholds(text)).toThrow(/memory|nodefs/);
  });
});

describe('conditions', () => {
  it('come at once and go after the transition period', () => {
    const transitionMs = 300_000;
    const statusOf = (state: ReturnType<typeof nextPressureState>) =>
      pressureConditions(state).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
    const on = nextPressureState(new Map(), [low], { now: 1_000, transitionMs });
    const memory = 'MemoryPressure=True KubeletHasInsufficientMemory';
    const others = ['DiskPressure=False KubeletHasNoDiskPressure', 'PIDPressure=False KubeletHasSufficientPID'];
    expect(statusOf(on)).toEqual([memory, ...others]);
    const still = nextPressureState(on, [], { now: 300_999, transitionMs });
    expect(statusOf(still)).toEqual([memory, ...others]);
    const again = nextPressureState(still, [low], { now: 300_999, transitionMs });
    expect(nextPressureState(again, [], { now: 500_000, transitionMs }).size).toBe(1);
    const off = nextPressureState(still, [], { now: 301_000, transitionMs });
    expect(statusOf(off)).toEqual(['MemoryPressure=False KubeletHasSufficientMemory', ...others]);
  });
});

describe('the order of eviction', () => {
  const cases: [string, Sample[], string[]][] = [
    [
      'who uses more than asked for goes first, whatever its priority',
      [
        { name: 'modest', request: '100Mi', used: 90, priority: -5 },
        { name: 'greedy', request: '10Mi', used: 20, priority: 1000 },
      ],
      ['greedy', 'modest'],
    ],
    [
      'among those by priority, whatever the amount',
      [
        { name: 'high', used: 500, priority: 10 },
        { name: 'low', used: 5 },
      ],
      ['low', 'high'],
    ],
    [
      'then by how much more they use, volumes included',
      [
        { name: 'b', request: '100Mi', used: 150 },
        { name: 'a', used: 60 },
        { name: 'c', used: 1, shared: 70 },
      ],
      ['c', 'a', 'b'],
    ],
    [
      'critical pods stay',
      [
        { name: 'critical', used: 500, priority: 2_000_000_000 },
        { name: 'ordinary', request: '1Gi', used: 5 },
      ],
      ['ordinary'],
    ],
    ['nobody', [], []],
  ];

  it.each(cases)('%s', (_, samples, expected) => {
    const pods = samples.map(consumption);
    expect(rankForEviction(pods, low).map(({ pod }) => pod.metadata.name)).toEqual(expected);
    expect(rankForEviction(pods, { ...low, signal: 'nodefs.available' }).map(({ pod }) => pod.metadata.name)).toEqual(
      expected,
    );
  });

  it('is by priority and number for processes', () => {
    const pods = [
      { name: 'many', used: 0, shared: 50, priority: 5 },
      { name: 'few', used: 0, shared: 10 },
      { name: 'more', used: 0, shared: 20 },
    ].map(consumption);
    const ranked = rankForEviction(pods, { ...low, signal: 'pid.available' });
    expect(ranked.map(({ pod }) => pod.metadata.name)).toEqual(['more', 'few', 'many']);
  });
});

it('says what was short and which container used more than it asked for', () => {
  const greedy = consumption({ name: 'greedy', request: '10Mi', used: 64 });
  expect(evictionMessage(greedy, low)).toBe(
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
      'Container main was using 64Mi, request is 10Mi, has larger consumption of memory. ',
  );
  const modest = consumption({ name: 'modest', request: '10Mi', used: 5 });
  expect(evictionMessage(modest, { signal: 'nodefs.available', available: 10.5 * 1024, limit: 2 ** 30 })).toBe(
    'The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 10Ki. ',
  );
  expect(evictionMessage(modest, { signal: 'pid.available', available: -3, limit: 1638 })).toBe(
    'The node was low on resource: pids. Threshold quantity: 1638, available: 0. ',
  );
});

describe('admission', () => {
  const { pod } = consumption({ name: 'a', used: 0 });
  const withSpec = (spec: Partial<Pod['spec']>): Pod => ({ ...pod, spec: { ...pod.spec, ...spec } });
  const key = 'node.kubernetes.io/memory-pressure';
  const tolerant = withSpec({ tolerations: [{ key, operator: 'Exists' }] });

  it.each([
    ['without pressure', pod, [], true, undefined],
    ['BestEffort under memory pressure', pod, ['MemoryPressure'], true, 'The node had condition: [MemoryPressure]. '],
    ['Burstable under memory pressure', pod, ['MemoryPressure'], false, undefined],
    ['who tolerates it', tolerant, ['MemoryPressure'], true, undefined],
    ['who tolerates less', tolerant, ['MemoryPressure', 'DiskPressure'], true, /MemoryPressure DiskPressure/],
    ['Burstable under disk pressure', pod, ['DiskPressure'], false, 'The node had condition: [DiskPressure]. '],
    ['critical', withSpec({ priority: 2_000_001_000 }), ['DiskPressure', 'PIDPressure'], true, undefined],
  ] as const)('%s', (_, candidate, pressures, isBestEffort, expected) => {
    const refusal = pressureRefusal(candidate, pressures, isBestEffort);
    if (expected instanceof RegExp) expect(refusal).toMatch(expected);
    else expect(refusal).toBe(expected);
  });
});
