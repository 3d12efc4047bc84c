import type { SimulationStatus } from '@gantry/api-types/simulation';
import { expect, it } from 'vitest';
import { MockFleet } from '../../mock/fleet.ts';
import { MockObjects } from '../../mock/mock-objects.ts';
import { scenes } from '../../mock/scenes.ts';
import { answerSimulation } from '../../mock/simulations.ts';

it('is answered on the make-believe cluster as it is', () => {
  const fleet = new MockFleet({ now: 1_000_000 });
  scenes.demo?.(fleet);
  fleet.advance(1_010_000);
  const workload = { kind: 'Deployment', name: 'web' };
  const ask = (replicas: number): SimulationStatus =>
    (
      answerSimulation(new MockObjects(fleet), { spec: { changes: [{ type: 'scale', workload, replicas }] } }) as {
        status: SimulationStatus;
      }
    ).status;
  expect(ask(6).counts).toMatchObject({ placed: 3, waiting: 0 });
  const many = ask(60);
  expect(many.counts.waiting).toBeGreaterThan(0);
  expect(many.workloads[0]).toMatchObject({ name: 'web', replicas: 60 });
  expect(many.summary[0]).toMatch(/^web \(Deployment\): \d+ of 60 fit, \d+ wait: each needs 150m cpu/);
  expect(ask(1).deleted).toHaveLength(2);
});
