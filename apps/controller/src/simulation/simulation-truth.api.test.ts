import type { Pod, Simulation } from '@gantry/api-types';
import { makeNode } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { createTestApi, deploymentBody } from '../api/testing/test-api.ts';
import { startController } from '../controllers/controller.ts';
import { DeploymentController } from '../controllers/deployment-controller.ts';
import { ReplicaSetController, replicaSetKind } from '../controllers/replica-set-controller.ts';
import { DecisionLog } from '../scheduler/decision-log.ts';
import { type Scheduler, startScheduler } from '../scheduler/scheduler.ts';
import { systemClock } from '../system-clock.ts';
import { simulationQuestion } from './simulation-question.ts';
import { createReadSource } from './simulation-source.ts';

function ignore(): void {
  // What is logged and reported is not this test's subject.
}

it('tells what the real controllers and scheduler then do: as many fit, on the same nodes', async () => {
  let scheduler: Scheduler | undefined;
  let read: ReturnType<typeof createReadSource> | undefined;
  await using api = await createTestApi({
    questions: [simulationQuestion({ source: () => read?.(), clock: systemClock })],
  });
  const { client, objects: informers, clock } = api;
  const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => logger };
  const services = { client, informers, clock, logger, events: { record: ignore } };
  scheduler = startScheduler({ ...services, decisions: new DecisionLog() });
  read = createReadSource(() => scheduler, informers);
  const running = [new DeploymentController(services), new ReplicaSetController(services, replicaSetKind)].map(
    (definition) => startController(definition, services),
  );
  const pods = () => informers.informer('pods').lister.list('default');
  const until = async (what: () => boolean) => {
    for (let turn = 0; turn < 500 && !what(); turn += 1) {
      await clock.advanceAsync(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(what()).toBe(true);
  };
  const isSettled = (pod: Pod) =>
    Boolean(pod.spec.nodeName) || pod.status.conditions?.some(({ reason }) => reason === 'Unschedulable') === true;
  try {
    for (const [name, cpu, zone] of [
      ['a', '2', 'x'],
      ['b', '1', 'x'],
      ['c', '3', 'y'],
    ] as const) {
      const { status, ...node } = makeNode({ name, cpu, memory: '4Gi', zone });
      const { labels = {} } = node.metadata;
      await client.create('nodes', { ...node, metadata: { name, labels } });
      await client.updateStatus('nodes', { ...(await client.get('nodes', undefined, name)), status });
    }
    const body = deploymentBody('web', 2);
    const [container] = body.spec.template.spec.containers;
    Object.assign(container ?? {}, { resources: { requests: { cpu: '350m', memory: '300Mi' } } });
    await api.call('POST', '/apis/apps/v1/namespaces/default/deployments', { body });
    await until(() => pods().filter(isSettled).length === 2);
    const changes = [{ type: 'scale', workload: { kind: 'Deployment', name: 'web' }, replicas: 20 }];
    const told = await api.call<Simulation>('POST', '/apis/gantry.io/v1/simulations', { body: { spec: { changes } } });
    await client.mergePatch('deployments.apps', 'default', 'web', { spec: { replicas: 20 } });
    await until(() => pods().filter(isSettled).length === 20);
    const bound = pods().filter(({ spec }) => spec.nodeName);
    expect(told.body.status?.workloads).toMatchObject([{ fitting: bound.length, waiting: 20 - bound.length }]);
    const onNode = (name: string) => bound.filter(({ spec }) => spec.nodeName === name).length;
    expect(told.body.status?.nodes.map(({ name, after }) => [name, after.pods])).toEqual(
      ['a', 'b', 'c'].map((name) => [name, onNode(name)]),
    );
    expect(told.body.status?.counts.waiting).toBeGreaterThan(0);
  } finally {
    await Promise.all(running.map((controller) => controller.stop()));
    await scheduler.stop();
  }
});
