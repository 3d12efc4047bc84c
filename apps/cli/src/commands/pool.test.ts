import { expect, it } from 'vitest';
import { poolOf } from './pool.ts';

const options = {
  dataDir: '',
  name: 'burst',
  max: 3,
  min: 0,
  cpu: '2',
  memory: '4Gi',
  labels: [],
  taints: [],
  images: [],
};

it('makes a pool of what is asked for and nothing else', () => {
  expect(poolOf(options)).toEqual({
    apiVersion: 'gantry.io/v1',
    kind: 'NodePool',
    metadata: { name: 'burst' },
    spec: { provider: 'docker', minNodes: 0, maxNodes: 3, template: { cpu: '2', memory: '4Gi' } },
  });
});

it('reads labels and taints as kubectl writes them', () => {
  const { spec } = poolOf({
    ...options,
    idleSeconds: 60,
    labels: ['tier=burst'],
    taints: ['a=b:NoSchedule', 'c:NoExecute'],
  });
  expect(spec.template.labels).toEqual({ tier: 'burst' });
  expect(spec.template.taints).toEqual([
    { key: 'a', value: 'b', effect: 'NoSchedule' },
    { key: 'c', effect: 'NoExecute' },
  ]);
  expect(spec.scaleDown).toEqual({ afterSeconds: 60 });
  expect(() => poolOf({ ...options, taints: ['nonsense'] })).toThrow('--taint nonsense must be key=value:effect');
  expect(() => poolOf({ ...options, labels: ['nonsense'] })).toThrow('--label nonsense must be key=value');
});
