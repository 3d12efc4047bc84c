import type { Container, Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { type FakeNode, fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: fakeImage, ...more });
const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });
const exec = (script: string) => ({ exec: shell(script) });
const seconds = 1_000;

/** The containers of the pod that run, by name. */
function running(node: FakeNode, pod: Pod): string[] {
  return node.runtime
    .containers()
    .filter(({ details, spec }) => details.state === 'running' && spec.labels['io.gantry.pod.uid'] === pod.metadata.uid)
    .map(({ spec }) => spec.labels['io.gantry.container'] ?? '')
    .toSorted((a, b) => (a < b ? -1 : 1));
}

const find = (node: FakeNode, pod: Pod, name: string) =>
  node.runtime
    .containers()
    .findLast(
      ({ spec }) =>
        spec.labels['io.gantry.pod.uid'] === pod.metadata.uid && spec.labels['io.gantry.container'] === name,
    );
const order = (names: readonly string[]) => names.map((name) => name.split('_')[1]);
const allRun = (node: FakeNode, pod: Pod) => node.status(pod).containerStatuses?.every(({ ready }) => ready) ?? false;

it('starts a pause container, sidecars and containers in order, and stops the sidecars last and backwards', async () => {
  await using node = await startFakeNode();
  const initContainers = [container('one', { restartPolicy: 'Always' }), container('two', { restartPolicy: 'Always' })];
  const pod = makePod({ spec: { initContainers, containers: [container('a'), container('b')] } });
  node.api.putPod(pod);
  await node.until('all run', () => allRun(node, pod));
  expect(order(node.runtime.created)).toEqual(['POD', 'one', 'two', 'a', 'b']);
  expect(node.status(pod).initContainerStatuses).toMatchObject([{ ready: true, started: true }, { ready: true }]);
  node.api.deletePod(pod.metadata.uid, 30);
  await node.until('it is gone', () => node.api.terminated.includes(pod.metadata.uid));
  expect(order(node.runtime.stops.map(({ name }) => name))).toEqual(['a', 'b', 'two', 'one']);
  expect(node.runtime.containers()).toEqual([]);
});

it('keeps a sidecar running whatever the restart policy, and lets no container start before its startup probe', async () => {
  await using node = await startFakeNode();
  const startupProbe = { ...exec('exit 0'), initialDelaySeconds: 5 };
  const initContainers = [container('side', { restartPolicy: 'Always', startupProbe })];
  const pod = makePod({ spec: { restartPolicy: 'Never', initContainers } });
  node.api.putPod(pod);
  await node.until('the sidecar runs', () => running(node, pod).includes('side'));
  expect(node.status(pod).phase).toBe('Pending');
  expect(node.status(pod).conditions?.find(({ type }) => type === 'Initialized')).toMatchObject({
    status: 'False',
    message: 'containers with incomplete status: [side]',
  });
  expect(running(node, pod)).toEqual(['POD', 'side']);
  await node.clock.advanceAsync(6 * seconds);
  await node.until('the container runs', () => allRun(node, pod));
  node.runtime.exit(find(node, pod, 'side')?.details.id ?? '', 1);
  await node.until('it runs again', () => node.status(pod).initContainerStatuses?.[0]?.restartCount === 1);
  expect(running(node, pod)).toEqual(['POD', 'main', 'side']);
});

it('fails a pod that is never restarted when its pause container ends, and renews that of others', async () => {
  await using node = await startFakeNode();
  const containers = [container('a'), container('b')];
  const [once, always] = [makePod({ spec: { containers, restartPolicy: 'Never' } }), makePod({ spec: { containers } })];
  for (const pod of [once, always]) node.api.putPod(pod);
  await node.until('both run', () => [once, always].every((pod) => allRun(node, pod)));
  for (const pod of [once, always]) node.runtime.exit(find(node, pod, 'POD')?.details.id ?? '', 137);
  await node.until('one failed', () => node.status(once).phase === 'Failed');
  await node.until('the other runs again', () =>
    (node.status(always).containerStatuses ?? []).every(({ restartCount, ready }) => restartCount === 1 && ready),
  );
  expect(running(node, once)).toEqual([]);
  expect(running(node, always)).toEqual(['POD', 'a', 'b']);
  for (const name of ['a', 'b']) {
    expect(find(node, always, name)?.spec.network).toEqual({
      type: 'container',
      id: find(node, always, 'POD')?.details.id,
    });
  }
});

it('shows a container as running, and starts the next, only after its postStart hook', async () => {
  await using node = await startFakeNode();
  const postStart = { sleep: { seconds: 5 } };
  const pod = makePod({ spec: { containers: [container('a', { lifecycle: { postStart } }), container('b')] } });
  node.api.putPod(pod);
  await node.until('the first was started', () => running(node, pod).includes('a'));
  await node.clock.advanceAsync(4 * seconds);
  expect(running(node, pod)).toEqual(['POD', 'a']);
  expect(node.status(pod).containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
  await node.clock.advanceAsync(2 * seconds);
  await node.until('both run', () => allRun(node, pod));
});

it('fails a hook by tcpSocket, which Kubernetes has and does not carry out', async () => {
  await using node = await startFakeNode();
  const lifecycle = { postStart: { tcpSocket: { port: 80 } } };
  const pod = makePod({ container: { lifecycle } });
  node.api.putPod(pod);
  await node.until('it is told', () =>
    node.api
      .eventTexts(pod.metadata.uid)
      .some((text) => text.startsWith('FailedPostStartHook') && text.includes('tcpSocket')),
  );
});

it('gives a container what the preStop hook left of the grace period', async () => {
  await using node = await startFakeNode();
  const stopping = (preStop: object) => makePod({ container: { lifecycle: { preStop } } });
  const [short, long] = [stopping({ sleep: { seconds: 10 } }), stopping({ sleep: { seconds: 100 } })];
  for (const pod of [short, long]) await node.runPod(pod);
  for (const pod of [short, long]) node.api.deletePod(pod.metadata.uid, 30);
  await node.until(
    'both are being stopped',
    () => node.api.events.filter(({ reason }) => reason === 'Killing').length === 2,
  );
  expect(node.runtime.stops).toEqual([]);
  await node.clock.advanceAsync(10 * seconds);
  await node.until('one was stopped', () => node.runtime.stops.length === 1);
  await node.clock.advanceAsync(20 * seconds);
  await node.until('both were stopped', () => node.runtime.stops.length === 2);
  expect(node.runtime.stops.map(({ graceSeconds }) => graceSeconds)).toEqual([20, 2]);
  expect(node.api.eventTexts(long.metadata.uid)).toContain(
    'FailedPreStopHook: PreStopHook failed: timed out after 30s',
  );
});

it('runs a postStart hook again that an agent which was replaced had not seen end', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ container: { lifecycle: { postStart: { sleep: { seconds: 30 } } } } });
  node.api.putPod(pod);
  await node.until('it was started', () => running(node, pod).length === 1);
  await node.restart();
  await node.clock.advanceAsync(31 * seconds);
  await node.until('it runs', () => allRun(node, pod));
  await node.restart();
  await node.runPod(makePod());
  expect(allRun(node, pod)).toBe(true);
  expect(node.status(pod).containerStatuses?.[0]?.restartCount).toBe(0);
});

it('starts ephemeral containers in a running pod once', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  const ephemeralContainers = [{ ...container('debug', shell('exit 1')), targetContainerName: 'main' }];
  node.api.putPod({ ...pod, metadata: { ...pod.metadata, generation: 2 }, spec: { ...pod.spec, ephemeralContainers } });
  const status = () => node.status(pod).ephemeralContainerStatuses?.[0];
  await node.until('it has ended', () => status()?.state?.terminated?.exitCode === 1);
  const main = { type: 'container', id: find(node, pod, 'main')?.details.id };
  expect(find(node, pod, 'debug')?.spec).toMatchObject({ network: main, pidMode: main, ipcMode: main });
  await node.runtime.removeContainer(find(node, pod, 'debug')?.details.id ?? '');
  await node.restart();
  await node.runPod(makePod());
  expect(status()?.state?.terminated?.exitCode).toBe(1);
  expect(order(node.runtime.created).filter((name) => name === 'debug')).toHaveLength(1);
});

it('puts other resources in force without a restart, and tells why where it cannot', async () => {
  await using node = await startFakeNode({ nodeMilliCpu: 1000 });
  const of = (cpu: string) => ({ requests: { cpu }, limits: { cpu } });
  const [pod, other] = [
    makePod({ container: { resources: of('200m') } }),
    makePod({ container: { resources: of('500m') } }),
  ];
  for (const each of [pod, other]) await node.runPod(each);
  const resize = (cpu: string, generation: number) => {
    const containers = pod.spec.containers.map((item) => ({ ...item, resources: of(cpu) }));
    node.api.putPod({ ...pod, metadata: { ...pod.metadata, generation }, spec: { ...pod.spec, containers } });
  };
  const pending = () => node.status(pod).conditions?.find(({ type }) => type === 'PodResizePending');
  const quota = () => find(node, pod, 'main')?.details.resources.cpuQuota;
  resize('400m', 2);
  await node.until('it was given', () => node.status(pod).containerStatuses?.[0]?.resources?.limits?.cpu === '400m');
  expect(quota()).toBe(40_000);
  resize('2', 3);
  await node.until('it is infeasible', () => pending()?.reason === 'Infeasible');
  resize('600m', 4);
  await node.until('it is deferred', () => pending()?.reason === 'Deferred');
  expect(pending()?.message).toBe("Node didn't have enough resource: cpu, requested: 600, used: 500, capacity: 1000");
  expect(quota()).toBe(40_000);
  // A container that is restarted meanwhile gets what was granted.
  node.runtime.exit(find(node, pod, 'main')?.details.id ?? '', 1);
  await node.until('it runs again', () => node.status(pod).containerStatuses?.[0]?.restartCount === 1);
  expect(quota()).toBe(40_000);
  node.api.deletePod(other.metadata.uid, 0);
  await node.until('the other is gone', () => node.api.terminated.length === 1);
  await node.clock.advanceAsync(11 * seconds);
  await node.until('it was given', () => pending() === undefined);
  expect(quota()).toBe(60_000);
  expect(node.status(pod).containerStatuses?.[0]?.restartCount).toBe(1);
});
