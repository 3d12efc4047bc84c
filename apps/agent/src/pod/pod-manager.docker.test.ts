import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { removeNodeResources } from '../node/remove-node-resources.ts';
import { makePod } from '../testing/make-pod.ts';
import { engine, execIn, inspect, testImage } from '../testing/test-engine.ts';
import { isReady, mainStatus, startTestNode, testPodNetwork } from '../testing/test-node.ts';

const shell = (script: string) => ({ command: ['/bin/sh', '-c', script] });

it('turns requests and limits into the settings that docker inspect and the cgroup files show', async () => {
  await using node = await startTestNode();
  const resources = {
    requests: { cpu: '250m', memory: '48Mi' },
    limits: { cpu: '500m', memory: '64Mi' },
  };
  const pod = makePod({ container: { resources } });
  const status = await node.runPod(pod);
  const id = node.containerId(pod);
  const { HostConfig: host, Config: config, State: state } = await inspect(id);
  expect(host).toMatchObject({
    Memory: 64 * 1024 * 1024,
    MemorySwap: 64 * 1024 * 1024,
    MemoryReservation: 48 * 1024 * 1024,
    CpuShares: 256,
    CpuPeriod: 100_000,
    CpuQuota: 50_000,
    RestartPolicy: { Name: 'no' },
  });
  expect(config).toMatchObject({ Image: testImage, Hostname: pod.metadata.name });
  const { CgroupParent: parent } = host;
  expect(parent).toBe(`/gantry/${node.cluster}/node-1/pod${pod.metadata.uid}`);
  const read = async (file: string) => (await readFile(`/sys/fs/cgroup/${file}`, 'utf8')).trim();
  expect(await read(`cpu${parent}/${id}/cpu.shares`)).toBe('256');
  expect(await read(`cpu${parent}/cpu.shares`)).toBe('256');
  expect(await read(`cpu${parent}/${id}/cpu.cfs_quota_us`)).toBe('50000');
  expect(await read(`memory${parent}/${id}/memory.limit_in_bytes`)).toBe(String(64 * 1024 * 1024));
  expect(await read(`memory${parent}/${id}/memory.soft_limit_in_bytes`)).toBe(String(48 * 1024 * 1024));
  // 1000 - 1000 * 48 MiB / the engine's memory.
  const { memoryBytes } = await node.runtime.info();
  const score = 1000 - Math.floor((1000 * 48 * 1024 * 1024) / memoryBytes);
  expect((await readFile(`/proc/${state.Pid}/oom_score_adj`, 'utf8')).trim()).toBe(String(score));
  expect(status).toMatchObject({ phase: 'Running', qosClass: 'Burstable', hostIP: '192.0.2.1' });
  expect(status.podIP?.startsWith(`${testPodNetwork}.`)).toBe(true);
});

it('reads usage and throttling from the cgroup files', async () => {
  await using node = await startTestNode();
  const pod = makePod({ container: { ...shell('while true; do true; done'), resources: { limits: { cpu: '100m' } } } });
  await node.runPod(pod);
  await node.manager.sampleUsage();
  // Usage is a rate: it takes time by its nature.
  await setTimeout(1_500);
  const { pods, cpuMilli } = await node.manager.sampleUsage();
  expect(pods[0]?.uid).toBe(pod.metadata.uid);
  expect(cpuMilli).toBeGreaterThan(60);
  expect(cpuMilli).toBeLessThan(140);
  expect(pods[0]?.throttledRatio).toBeGreaterThan(0.5);
  expect(pods[0]?.memoryBytes).toBeGreaterThan(0);
});

it('gives a container its command, environment, user and restrictions', async () => {
  await using node = await startTestNode();
  node.api.putConfigMap({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default', uid: 'c', resourceVersion: '1', creationTimestamp: '' },
    data: { COLOUR: 'blue' },
  });
  const pod = makePod({
    labels: { app: 'demo' },
    container: {
      command: ['/bin/sh', '-c', 'echo "$(GREETING) $0" \'$$(HOME)\'; exec sleep 3600'],
      args: ['$(GREETING)'],
      workingDir: '/tmp',
      envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'settings' } }],
      env: [
        { name: 'GREETING', value: 'hello $(CFG_COLOUR)' },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      ],
      resources: { limits: { cpu: '150m' } },
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 2000,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      },
    },
    spec: { securityContext: { supplementalGroups: [3000], fsGroup: 4000, runAsNonRoot: true } },
  });
  const { podIP } = await node.runPod(pod);
  const id = node.containerId(pod);
  const environment = await execIn(id, 'env');
  expect(environment).toContain('GREETING=hello blue\n');
  expect(environment).toContain('APP=demo\n');
  expect(environment).toContain(`IP=${podIP}\n`);
  expect(environment).toContain('CPU=150\n');
  expect(await execIn(id, 'id')).toBe('uid=1000 gid=2000 groups=2000,3000,4000\n');
  const status = await execIn(id, 'cat', '/proc/1/status');
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  expect(status).toMatch(/^CapBnd:\s+0+400$/m);
  await expect(execIn(id, 'sh', '-c', 'echo x > /file')).rejects.toThrow(/Read-only file system/);
  expect(await execIn(id, 'hostname')).toBe(`${pod.metadata.name}\n`);
  expect(await execIn(id, 'cat', '/etc/hosts')).toContain(`${podIP}\t${pod.metadata.name}`);
  const signal = AbortSignal.timeout(60_000);
  const request = { container: 'main', follow: false, previous: false, timestamps: false };
  const log = await node.manager.openLogs(pod.metadata.uid, request, signal);
  expect(await text(log)).toBe('hello blue hello blue $(HOME)\n');
});

it('restarts no container when the agent is replaced, and goes on with the status', async () => {
  await using node = await startTestNode();
  const pods = [makePod(), makePod(), makePod({ container: { readinessProbe: { exec: { command: ['/bin/true'] } } } })];
  for (const pod of pods) await node.runPod(pod);
  const before = pods.map((pod) => node.containerId(pod));
  const reports = pods.map(({ metadata }) => node.api.statuses.get(metadata.uid)?.length);
  await node.restart();
  await node.manager.sampleUsage();
  const extra = makePod();
  await node.runPod(extra);
  expect(pods.map((pod) => node.containerId(pod))).toEqual(before);
  expect(pods.map(({ metadata }) => node.api.statuses.get(metadata.uid)?.length)).toEqual(reports);
  const list = await node.runtime.listContainers({ 'io.gantry.cluster': node.cluster });
  expect(list.length).toBe(4);
  const ips = [...pods, extra].map(({ metadata }) => node.api.status(metadata.uid)?.podIP);
  expect(new Set(ips).size).toBe(4);
});

it('leaves containers of pods it has not heard of alone until it knows all pods', async () => {
  await using node = await startTestNode();
  const [kept, orphan] = [makePod(), makePod()];
  await node.runPod(kept);
  await node.runPod(orphan);
  await node.manager.stop();
  node.api.hasSynced = false;
  node.api.removePod(orphan.metadata.uid);
  await node.restart();
  const count = async () => (await node.runtime.listContainers({ 'io.gantry.cluster': node.cluster })).length;
  await node.runPod(makePod());
  expect(await count()).toBe(3);
  node.api.hasSynced = true;
  node.api.putPod(kept);
  node.api.removePod(orphan.metadata.uid);
  while ((await count()) > 2) await setTimeout(100);
});

it('stops and removes a deleted pod within its grace period, a shortened one too', async () => {
  await using node = await startTestNode();
  const quick = makePod({ container: shell('trap "exit 0" TERM; while true; do sleep 0.1; done') });
  const stubborn = makePod({ spec: { terminationGracePeriodSeconds: 600 } });
  await Promise.all([node.runPod(quick), node.runPod(stubborn)]);
  node.api.deletePod(quick.metadata.uid, 600);
  await node.api.until('the quick one is gone', () => node.api.terminated.includes(quick.metadata.uid));
  expect(mainStatus(node.api.status(quick.metadata.uid))?.state?.terminated).toMatchObject({ exitCode: 0 });
  node.api.deletePod(stubborn.metadata.uid, 600);
  await node.api.until('it is being stopped', () =>
    node.api.eventTexts(stubborn.metadata.uid).includes('Killing: Stopping container main'),
  );
  node.api.deletePod(stubborn.metadata.uid, 1);
  await node.api.until('the stubborn one is gone', () => node.api.terminated.includes(stubborn.metadata.uid));
  expect(await node.runtime.listContainers({ 'io.gantry.cluster': node.cluster })).toEqual([]);
  expect(node.api.status(stubborn.metadata.uid)).toMatchObject({
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'Error' } } }],
  });
});

it('makes a container again that was removed behind its back, as a restart', async () => {
  await using node = await startTestNode();
  const pod = makePod();
  await node.runPod(pod);
  const first = node.containerId(pod);
  await engine('DELETE', `/containers/${first}?force=1`);
  await node.api.until('it runs again', () => {
    const status = mainStatus(node.api.status(pod.metadata.uid));
    return status?.restartCount === 1 && status.ready;
  });
  expect(node.containerId(pod)).not.toBe(first);
  const { podIP } = node.api.status(pod.metadata.uid) ?? {};
  expect(podIP).toBe(node.api.statuses.get(pod.metadata.uid)?.find((status) => status.podIP)?.podIP);
});

it('counts restarts of a crashing container over agent restarts, backs off, and keeps the previous log', async () => {
  await using node = await startTestNode();
  const pod = makePod({ container: shell('echo attempt; exit 7') });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const waits = () => mainStatus(node.api.status(uid))?.state?.waiting?.reason === 'CrashLoopBackOff';
  await node.api.until('it backs off', () => waits() && (mainStatus(node.api.status(uid))?.restartCount ?? 0) >= 2);
  expect(mainStatus(node.api.status(uid))).toMatchObject({
    ready: false,
    lastState: { terminated: { exitCode: 7, reason: 'Error' } },
  });
  const message = `Back-off restarting failed container main in pod ${pod.metadata.name}_default(${uid})`;
  expect(node.api.eventTexts(uid)).toContain(`BackOff: ${message}`);
  const count = mainStatus(node.api.status(uid))?.restartCount ?? 0;
  await node.restart();
  await node.api.until('it goes on', () => (mainStatus(node.api.status(uid))?.restartCount ?? 0) > count);
  const counts = (node.api.statuses.get(uid) ?? []).map((status) => mainStatus(status)?.restartCount ?? 0);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  const request = { container: 'main', follow: false, previous: true, timestamps: false };
  const log = await node.manager.openLogs(uid, request, AbortSignal.timeout(60_000));
  expect(await text(log)).toBe('attempt\n');
  const list = await node.runtime.listContainers({ 'io.gantry.cluster': node.cluster });
  expect(list.length).toBeLessThanOrEqual(3);
});

it('runs init containers in order, again where they fail, before the container', async () => {
  await using node = await startTestNode();
  const volumeMounts = [{ name: 'work', mountPath: '/work' }];
  const init = (name: string, script: string) => ({ name, image: testImage, ...shell(script), volumeMounts });
  const pod = makePod({
    container: { ...shell('cat /work/log; exec sleep 3600'), volumeMounts },
    spec: {
      volumes: [{ name: 'work', emptyDir: {} }],
      initContainers: [
        init('first', 'echo first >> /work/log'),
        init('second', 'echo second >> /work/log; test $(cat /work/log | wc -l) -ge 3'),
      ],
    },
  });
  const status = await node.runPod(pod);
  expect(status.initContainerStatuses).toMatchObject([
    { name: 'first', ready: true, restartCount: 0, state: { terminated: { reason: 'Completed', exitCode: 0 } } },
    { name: 'second', ready: true, state: { terminated: { reason: 'Completed' } } },
  ]);
  const log = await node.manager.openLogs(
    pod.metadata.uid,
    { container: 'main', follow: false, previous: false, timestamps: false },
    AbortSignal.timeout(60_000),
  );
  expect(await text(log)).toMatch(/^first\n(second\n)+$/);
  const phases = (node.api.statuses.get(pod.metadata.uid) ?? []).map(({ phase }) => phase);
  expect(phases.indexOf('Running')).toBe(phases.lastIndexOf('Pending') + 1);
});

it('says when a container was killed for its memory', async () => {
  await using node = await startTestNode();
  // The engine watches the memory of a container from a moment after its start on; what happens before it does not see.
  const script = 'sleep 2; dd if=/dev/zero of=/dev/shm/big bs=1M count=60';
  const pod = makePod({
    container: { ...shell(script), resources: { limits: { memory: '16Mi' } } },
    spec: { restartPolicy: 'Never' },
  });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  // The engine may learn of it only after the end.
  const terminated = () => mainStatus(node.api.status(uid))?.state?.terminated;
  await node.api.until('it was killed', () => terminated()?.reason === 'OOMKilled');
  expect(terminated()).toMatchObject({ exitCode: 137 });
  expect(node.api.status(uid)?.phase).toBe('Failed');
});

it('ends pods that are to run once, with their message', async () => {
  await using node = await startTestNode();
  const good = makePod({
    container: shell('echo -n all done > /dev/termination-log'),
    spec: { restartPolicy: 'OnFailure' },
  });
  const bad = makePod({
    container: { ...shell('echo what happened; exit 2'), terminationMessagePolicy: 'FallbackToLogsOnError' },
    spec: { restartPolicy: 'Never' },
  });
  for (const pod of [good, bad]) node.api.putPod(pod);
  await node.api.until('both ended', () =>
    [good, bad].every(({ metadata }) => /Succeeded|Failed/.test(node.api.status(metadata.uid)?.phase ?? '')),
  );
  expect(node.api.status(good.metadata.uid)).toMatchObject({
    phase: 'Succeeded',
    containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed', message: 'all done' } } }],
  });
  expect(node.api.status(bad.metadata.uid)).toMatchObject({
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode: 2, reason: 'Error', message: 'what happened\n' } } }],
  });
  const ready = node.api.status(good.metadata.uid)?.conditions?.find(({ type }) => type === 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason: 'PodCompleted' });
  await node.restart();
  await node.runPod(makePod());
  expect(node.api.status(good.metadata.uid)?.phase).toBe('Succeeded');
});

it('reports what the engine says where a command does not exist', async () => {
  await using node = await startTestNode();
  const pod = makePod({ container: { command: ['/no/such/program'] } });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const status = () => mainStatus(node.api.status(uid));
  await node.api.until('it backs off', () => status()?.state?.waiting?.reason === 'CrashLoopBackOff');
  expect(status()?.lastState?.terminated).toMatchObject({ reason: 'StartError', exitCode: 128 });
  expect(status()?.lastState?.terminated?.message).toMatch(/no such file or directory/);
  expect(isReady(node.api.status(uid))).toBe(false);
});

it('leaves nothing behind when the node is taken down', async () => {
  await using node = await startTestNode();
  const volumes = [{ name: 'fast', emptyDir: { medium: 'Memory' } }];
  await node.runPod(
    makePod({ spec: { volumes }, container: { volumeMounts: [{ name: 'fast', mountPath: '/fast' }] } }),
  );
  await node.manager.stop();
  const { runtime, cluster, dataDir } = node;
  await removeNodeResources({ runtime, cluster, node: 'node-1', dataDir, graceSeconds: 0 });
  expect(await runtime.listContainers({ 'io.gantry.cluster': cluster })).toEqual([]);
  const filters = encodeURIComponent(JSON.stringify({ label: [`io.gantry.cluster=${cluster}`] }));
  expect(JSON.parse((await engine('GET', `/networks?filters=${filters}`)).body)).toEqual([]);
  expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(cluster);
  await expect(readFile(`/sys/fs/cgroup/cpu/gantry/${cluster}/node-1/cpu.shares`)).rejects.toThrow(/ENOENT/);
});

it('publishes host ports, and says so where one is taken', async () => {
  await using node = await startTestNode({ hostIp: '127.0.0.1' });
  const container = {
    ...shell('echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp'),
    ports: [{ containerPort: 8080, hostPort: 28_471, hostIP: '127.0.0.1' }],
    readinessProbe: { periodSeconds: 1, httpGet: { path: '/', port: 8080 } },
  };
  const first = makePod({ container });
  await node.runPod(first);
  expect(await (await fetch('http://127.0.0.1:28471/')).text()).toBe('hello\n');
  const second = makePod({ container });
  node.api.putPod(second);
  const isRefused = () =>
    node.api.events.some(({ message }) => /host port 127.0.0.1:28471.tcp is in use/.test(message));
  await node.api.until('it is told why it waits', isRefused);
  node.api.deletePod(first.metadata.uid, 0);
  await node.runPod(second);
  expect(await (await fetch('http://127.0.0.1:28471/')).text()).toBe('hello\n');
});
