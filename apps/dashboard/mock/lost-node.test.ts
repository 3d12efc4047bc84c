import { expect, it } from 'vitest';
import { MockFleet } from './fleet.ts';

const [grace, patience] = [5_000, 300];

it('evicts the pods of a lost node after their own patience, which may be shortened meanwhile', () => {
  const fleet = new MockFleet({ now: 0, tolerationSeconds: patience });
  fleet.addDeployment({ name: 'web', replicas: 6, requests: { cpuMilli: 100, memoryBytes: 1 } });
  fleet.advance(10_000);
  const before = fleet.podsOn('node-1').map(({ key }) => key);
  expect(before.length).toBeGreaterThan(1);
  fleet.killNode('node-1');
  fleet.advance(10_000 + grace);
  fleet.tolerate(before[0] ?? '', 30);
  fleet.advance(10_000 + grace + 29_000);
  expect(fleet.podsOn('node-1')).toHaveLength(before.length);
  fleet.advance(10_000 + grace + 31_000);
  expect(fleet.podsOn('node-1').map(({ key }) => key)).toEqual(before.slice(1));
  fleet.advance(10_000 + grace + patience * 1_000 + 1);
  expect(fleet.podsOn('node-1')).toEqual([]);
});
