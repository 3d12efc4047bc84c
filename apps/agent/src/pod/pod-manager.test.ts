import { expect, it } from 'vitest';
import { RuntimeError } from '../runtime/container-runtime.ts';
import { type FakeNode, fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });
const seconds = 1_000;

const main = (node: FakeNode, pod: ReturnType<typeof makePod>) => node.status(pod).containerStatuses?.[0];

it('starts a pod and tells its story as Kubernetes does', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  expect(node.status(pod)).toMatchObject({
    phase: 'Running',
    podIP: '10.0.1.2',
    podIPs: [{ ip: '10.0.1.2' }],
    hostIPs: [{ ip: '192.0.2.1' }],
    qosClass: 'BestEffort',
    startTime: '2026-01-01T00:00:00Z',
    containerStatuses: [{ name: 'main', ready: true, started: true, restartCount: 0, lastState: {} }],
  });
  const types = node.status(pod).conditions?.map(({ type, status }) => `${type}=${status}`);
  expect(types).toEqual([
    'PodReadyToStartContainers=True',
    'Initialized=True',
    'Ready=True',
    'ContainersReady=True',
    'PodScheduled=True',
  ]);
  expect(node.api.events.map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual([
    `Normal Pulled Container image "${fakeImage}" already present on machine`,
    'Normal Created Created container: main',
    'Normal Started Started container main',
  ]);
  expect(node.api.events[0]?.fieldPath).toBe('spec.containers{main}');
});

it('backs off 10 s, 20 s, 40 s and so on up to 5 min, after a first restart at once', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ container: shell('exit 1') });
  node.api.putPod(pod);
  const delays: string[] = [];
  for (const seen of [1, 2, 3, 4, 5, 6, 7]) {
    await node.until(`restart ${seen} is waited for`, () => {
      const status = main(node, pod);
      return status?.state?.waiting?.reason === 'CrashLoopBackOff' && status.restartCount === seen;
    });
    const message = main(node, pod)?.state?.waiting?.message ?? '';
    delays.push(message.split(' ')[1] ?? '');
    expect(message).toContain(`restarting failed container=main pod=${pod.metadata.name}_default(${pod.metadata.uid})`);
    node.clock.advance(300 * seconds);
  }
  expect(delays).toEqual(['10s', '20s', '40s', '1m20s', '2m40s', '5m0s', '5m0s']);
});

it('forgets the back-off of a container that ran for more than ten minutes', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  for (const restart of [1, 2]) {
    node.clock.advance(601 * seconds);
    node.runtime.exit(node.newest(pod), 1);
    await node.until('it runs again at once', () => {
      const status = main(node, pod);
      return status?.restartCount === restart && status.state?.running !== undefined;
    });
  }
  expect(main(node, pod)?.lastState?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
});

it('starts nothing while the engine is away, keeps the status, and catches up', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  node.runtime.goDown();
  expect(node.manager.isEngineReachable).toBe(false);
  const late = makePod();
  node.api.putPod(late);
  await node.until('the new pod is known', () => node.status(late).phase === 'Pending');
  expect(node.status(pod).phase).toBe('Running');
  node.runtime.isDown = false;
  // While nobody was listening the container ended.
  node.runtime.exit(node.newest(pod), 137);
  node.clock.advance(60 * seconds);
  await node.until('both run', () =>
    [pod, late].every((each) => main(node, each)?.state?.running !== undefined && main(node, each)?.ready === true),
  );
  expect(main(node, pod)?.restartCount).toBe(1);
  expect(node.manager.isEngineReachable).toBe(true);
});

it('notices by listing what no event told', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  const [found] = node.runtime.containers();
  // An end without an event: the container's record changes, nobody says so.
  const original = node.runtime.listContainers.bind(node.runtime);
  node.runtime.listContainers = async (labels) =>
    (await original(labels)).map((item) => ({ ...item, state: 'exited' as const }));
  node.runtime.inspectContainer = async () =>
    found && { ...found.details, state: 'exited', exitCode: 9, finishedAt: node.clock.now() };
  node.clock.advance(31 * seconds);
  await node.until('it is restarted', () => main(node, pod)?.restartCount === 1);
  expect(main(node, pod)?.lastState?.terminated?.exitCode).toBe(9);
});

it('takes over what an agent that was killed between create and start left behind', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  const start = node.runtime.startContainer.bind(node.runtime);
  node.runtime.startContainer = () => Promise.reject(new RuntimeError('timeout', 'killed here'));
  node.api.putPod(pod);
  await node.until('it was created', () =>
    node.api.eventTexts(pod.metadata.uid).some((text) => text.startsWith('Created')),
  );
  await node.manager.stop();
  node.runtime.startContainer = start;
  await node.restart();
  await node.until('it runs', () => main(node, pod)?.state?.running !== undefined);
  expect(node.runtime.containers()).toHaveLength(1);
  expect(main(node, pod)?.restartCount).toBe(0);
});

it('takes over a container whose creation was not answered', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  const create = node.runtime.createContainer.bind(node.runtime);
  let isLost = true;
  node.runtime.createContainer = async (spec) => {
    const created = await create(spec);
    if (isLost) throw new RuntimeError('timeout', 'no answer');
    return created;
  };
  node.api.putPod(pod);
  await node.until('it was created', () => node.runtime.containers().length === 1);
  isLost = false;
  await node.until('it runs', () => {
    node.clock.advance(500);
    return main(node, pod)?.state?.running !== undefined;
  });
  expect(node.runtime.created).toHaveLength(1);
});

it('tells of one start the same time, also as another agent and after its end', async () => {
  await using node = await startFakeNode();
  const start = node.runtime.startContainer.bind(node.runtime);
  node.runtime.startContainer = async (id) => {
    await start(id);
    // The engine may be slow to answer: it has noted an earlier second than the agent.
    node.clock.advance(1.5 * seconds);
  };
  const pod = makePod({ spec: { restartPolicy: 'Never' } });
  await node.runPod(pod);
  const before = node.status(pod);
  const startedAt = main(node, pod)?.state?.running?.startedAt;
  await node.restart();
  await node.runPod(makePod());
  expect(node.status(pod)).toEqual(before);
  node.runtime.exit(main(node, pod)?.containerID?.replace('docker://', '') ?? '', 0);
  await node.until('it is seen to end', () => main(node, pod)?.state?.terminated !== undefined);
  expect(main(node, pod)?.state?.terminated?.startedAt).toBe(startedAt);
  const ended = node.status(pod);
  await node.restart();
  await node.runPod(makePod());
  expect(node.status(pod)).toEqual(ended);
});

it('goes on counting restarts where no container is left to tell', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  await node.manager.stop();
  const counted = { ...pod, status: { ...node.status(pod) } };
  const [status] = counted.status.containerStatuses ?? [];
  if (status) counted.status.containerStatuses = [{ ...status, restartCount: 4 }];
  for (const { details } of node.runtime.containers()) await node.runtime.removeContainer(details.id);
  node.api.removePod(pod.metadata.uid);
  node.api.putPod(counted);
  await node.restart();
  await node.until('it runs again', () => main(node, pod)?.restartCount === 5);
});

it('waits with a reason, once announced, where a field is not carried out', async () => {
  await using node = await startFakeNode();
  const container = { restartPolicyRules: [{ action: 'RestartAllContainers' }] };
  const pod = makePod({ container, spec: { hostUsers: false, runtimeClassName: 'gvisor' } });
  node.api.putPod(pod);
  await node.until('it waits', () => main(node, pod)?.state?.waiting?.reason === 'UnsupportedField');
  const { message } = main(node, pod)?.state?.waiting ?? {};
  expect(message).toContain('spec.containers[0].restartPolicyRules');
  expect(message).toContain('spec.runtimeClassName');
  expect(node.runtime.created).toEqual([]);
  expect(node.status(pod).phase).toBe('Pending');
  node.api.putPod({ ...pod, metadata: { ...pod.metadata, generation: 2 } });
  expect(node.api.eventTexts(pod.metadata.uid)).toEqual([`UnsupportedField: ${message}`]);
  node.api.deletePod(pod.metadata.uid, 30);
  await node.until('it is gone', () => node.api.terminated.includes(pod.metadata.uid));
});

it('replaces a container whose image was changed', async () => {
  await using node = await startFakeNode();
  const pod = makePod();
  await node.runPod(pod);
  node.runtime.addImage('other:2');
  const [container] = pod.spec.containers;
  if (!container) throw new Error('a pod has a container');
  const spec = { ...pod.spec, containers: [{ ...container, image: 'other:2' }] };
  node.api.putPod({ ...pod, metadata: { ...pod.metadata, generation: 2 }, spec });
  await node.until(
    'the new image runs',
    () => main(node, pod)?.image === 'other:2' && main(node, pod)?.restartCount === 1,
  );
  expect(node.api.eventTexts(pod.metadata.uid)).toContain(
    'Killing: Container main definition changed, will be restarted',
  );
});

it('fails a pod that outlives its active deadline', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ spec: { activeDeadlineSeconds: 60 } });
  await node.runPod(pod);
  node.clock.advance(61 * seconds);
  await node.until('it failed', () => node.status(pod).phase === 'Failed');
  expect(node.status(pod)).toMatchObject({
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  });
  await node.until('it was stopped', () =>
    node.runtime.containers().every(({ details }) => details.state === 'exited'),
  );
});

it('kills at the end of the grace period, and at once when that is cut short', async () => {
  await using node = await startFakeNode();
  node.runtime.ignoresStopSignal = true;
  const [patient, hasty] = [makePod(), makePod()];
  await node.runPod(patient);
  await node.runPod(hasty);
  for (const pod of [patient, hasty]) node.api.deletePod(pod.metadata.uid, 60);
  await node.until('both are being stopped', () => node.runtime.stops.length === 2);
  expect(node.runtime.stops.map(({ graceSeconds }) => graceSeconds)).toEqual([60, 60]);
  node.api.deletePod(hasty.metadata.uid, 2);
  await node.until(
    'the new deadline is known',
    () => node.api.pods().get(hasty.metadata.uid)?.metadata.deletionGracePeriodSeconds === 2,
  );
  await node.clock.advanceAsync(2 * seconds);
  await node.until('the hasty one is gone', () => node.api.terminated.includes(hasty.metadata.uid));
  expect(node.api.terminated).not.toContain(patient.metadata.uid);
  await node.clock.advanceAsync(60 * seconds);
  await node.until('the patient one is gone', () => node.api.terminated.includes(patient.metadata.uid));
  expect(node.runtime.containers()).toEqual([]);
});

it('pulls an image once for many pods', async () => {
  await using node = await startFakeNode();
  node.runtime.registry.put('big:1', {
    id: 'sha256:b',
    tags: ['big:1'],
    digests: ['big@sha256:b'],
    sizeBytes: 5,
    user: '',
  });
  const pods = Array.from({ length: 20 }, () => makePod({ image: 'big:1' }));
  for (const pod of pods) node.api.putPod(pod);
  await node.until('all run', () => pods.every((pod) => main(node, pod)?.ready === true));
  expect(node.runtime.registry.pulls).toBe(1);
  const [pod] = pods;
  expect(pod && main(node, pod)?.imageID).toBe('docker-pullable://big@sha256:b');
});

it('shows how far a pull has come, in the status and in events', async () => {
  await using node = await startFakeNode();
  const gate = Promise.withResolvers<void>();
  node.runtime.registry.gate = gate.promise;
  node.runtime.registry.put('big:1', {});
  const report = Promise.withResolvers<(bytes: number) => void>();
  node.runtime.registry.onPull = (_, { onProgress }) =>
    report.resolve((bytes) => onProgress?.({ layers: 4, layersDone: 1, bytes, totalBytes: 8 * 1024 ** 2 }));
  const pod = makePod({ image: 'big:1' });
  node.api.putPod(pod);
  const say = await report.promise;
  for (let second = 0; second <= 6; second += 2) {
    say(second * 1024 ** 2);
    await node.clock.advanceAsync(2 * seconds);
  }
  const progress = 'Pulling image "big:1": 6.0 of 8.0 MiB, 1 of 4 layers';
  await node.until('the status says so', () => main(node, pod)?.state?.waiting?.message === progress);
  expect(main(node, pod)?.state?.waiting?.reason).toBe('ContainerCreating');
  expect(node.api.eventTexts(pod.metadata.uid)).toContain(`Pulling: ${progress}`);
  gate.resolve();
  await node.until('it runs', () => main(node, pod)?.ready === true);
  expect(node.api.eventTexts(pod.metadata.uid).filter((text) => text.startsWith('Pulled: '))).toHaveLength(1);
});

it('says which imagePullSecrets are not there, and pulls without', async () => {
  await using node = await startFakeNode();
  node.runtime.registry.put('public:1', {});
  const pod = makePod({ image: 'public:1', spec: { imagePullSecrets: [{ name: 'none' }] } });
  await node.runPod(pod);
  expect(node.api.eventTexts(pod.metadata.uid)).toContain(
    'FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (none); attempting to pull the image may not succeed.',
  );
});

it('leaves no timer behind when it stops', async () => {
  const node = await startFakeNode();
  const probe = { exec: { command: ['/bin/true'] } };
  await node.runPod(makePod({ container: { livenessProbe: probe, readinessProbe: probe } }));
  await node.runPod(makePod());
  await node[Symbol.asyncDispose]();
  expect(node.clock.pendingTimers).toBe(0);
});

it('needs no timer for a pod without probes', async () => {
  await using node = await startFakeNode();
  const before = node.clock.pendingTimers;
  for (let count = 0; count < 10; count += 1) await node.runPod(makePod());
  expect(node.clock.pendingTimers).toBe(before);
});
