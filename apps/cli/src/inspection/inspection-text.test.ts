import type { NodeInspection, PodInspection } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { nodeInspectionText } from './node-inspection-text.ts';
import { podInspectionText } from './pod-inspection-text.ts';

const started = Date.UTC(2026, 10, 24);

const pod: PodInspection = {
  apiVersion: 'gantry.io/v1',
  kind: 'PodInspection',
  metadata: { name: 'web', namespace: 'shop', uid: 'u' },
  nodeName: 'node-1',
  observedAt: '2026-11-24T00:00:09.000Z',
  cgroupVersion: 2,
  containers: [
    {
      name: 'main',
      kind: 'regular',
      id: 'c'.repeat(64),
      state: 'running',
      pid: 42,
      namespaces: [
        {
          kind: 'net',
          link: 'net:[11]',
          isHost: false,
          sharedWith: [{ pod: 'shop/web', container: 'POD' }],
          sharedCount: 1,
        },
        { kind: 'pid', link: 'pid:[12]', isHost: false, sharedWith: [], sharedCount: 0 },
        { kind: 'user', link: 'user:[4]', isHost: true, sharedWith: [], sharedCount: 0 },
      ],
      files: [
        {
          path: '/sys/fs/cgroup/x/cpu.max',
          name: 'cpu.max',
          text: '50000 100000',
          declared: { field: 'resources.limits.cpu', value: '500m', expected: '50000 100000', agrees: true },
        },
        {
          path: '/sys/fs/cgroup/x/memory.max',
          name: 'memory.max',
          text: 'max',
          declared: { field: 'resources.limits.memory', value: '64Mi', expected: '67108864', agrees: false },
        },
      ],
      security: [{ path: '/proc/42/status', name: 'CapEff', text: '0400', meaning: 'NET_BIND_SERVICE' }],
      processes: {
        items: [
          { pid: 42, parentPid: 1, innerPid: 1, command: 'sh', state: 'S', uid: 0, threads: 1, residentBytes: 1e6 },
        ],
        count: 3,
      },
      image: {
        id: 'sha256:1',
        names: ['shop/web:1'],
        sizeBytes: 75e6,
        layers: [
          { diffId: 'sha256:abc', sizeBytes: 70e6, createdBy: 'ADD /', sharedCount: 2, sharedWith: ['a:1'] },
          { diffId: 'sha256:def', sharedCount: 0, sharedWith: [] },
        ],
      },
      writableBytes: 4_096,
    },
  ],
  podFiles: [],
  phases: [
    { phase: 'scheduling', startedAt: started, durationMs: 1_000, source: 'conditions' },
    { phase: 'creating', container: 'main', startedAt: started + 1_500, durationMs: 500, source: 'agent' },
  ],
  unread: [{ what: 'processes', reason: 'the agent is not root on this host' }],
};

it('prints what a pod is made of', () => {
  const text = podInspectionText(pod).join('\n');
  expect(text).toMatch(/^Pod shop\/web on node node-1 \(cgroups version 2\)/);
  expect(text).toMatch(/scheduling {2,}\|#{16} {16}\| {2}1 s \(whole seconds\)/);
  expect(text).toMatch(/creating {2,}main {2}\| {24}#{8}\| {2}500 ms/);
  expect(text).toContain('net   11  shared with shop/web POD');
  expect(text).toContain('pid   12  its own');
  expect(text).toContain("user  4   the host's");
  expect(text).toMatch(/cpu.max +50000 100000 +as declared, resources.limits.cpu: 500m/);
  expect(text).toMatch(/memory.max +max +DIFFERS from resources.limits.memory: 64Mi, expected 67108864/);
  expect(text).toContain('CapEff  0400 (NET_BIND_SERVICE)');
  expect(text).toContain('and 2 more');
  expect(text).toMatch(/abc +70.0 MB +shared with a:1 and 1 more +ADD \//);
  expect(text).toMatch(/def +size unknown +only here/);
  expect(text).toContain('written on top of it: 4.1 kB');
  expect(text).toContain('processes: the agent is not root on this host');
});

it('prints what the images of a node share', () => {
  const node: NodeInspection = {
    apiVersion: 'gantry.io/v1',
    kind: 'NodeInspection',
    metadata: { name: 'node-1' },
    observedAt: pod.observedAt,
    images: [
      {
        id: 'sha256:1',
        names: ['a:1'],
        sizeBytes: 75e6,
        layers: pod.containers[0]?.image?.layers ?? [],
        pods: ['shop/web'],
      },
    ],
    imageCount: 2,
    totalBytes: 100e6,
    savedBytes: 30e6,
    unread: [],
  };
  expect(nodeInspectionText(node)).toEqual([
    'Node node-1: 2 images, 100.0 MB counted one by one, 70.0 MB on disk: layers in common save 30.0 MB',
    '  IMAGE  SIZE     LAYERS SHARED  PODS',
    '  a:1    75.0 MB  1/2            shop/web',
    '  and 1 smaller ones',
  ]);
});
