import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';
import type { Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makeContainer } from '../testing/make-container.ts';
import { makePod } from '../testing/make-pod.ts';
import { execIn, inspect } from '../testing/test-engine.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';

const work = { volumeMounts: [{ name: 'work', mountPath: '/work' }] };
const volumes = [{ name: 'work', emptyDir: {} }];
/** Says on the volume when it starts and when it is asked to stop. */
const diary = (name: string) =>
  `echo start ${name} >> /work/log; trap "echo stop ${name} >> /work/log; exit 0" TERM; while true; do sleep 0.1; done`;
const trapped = (script: string) => `trap "exit 0" TERM; ${script}; while true; do sleep 0.1; done`;

async function logOf(node: TestNode, pod: Pod, container: string): Promise<string> {
  const request = { container, follow: false, previous: false, timestamps: false };
  return text(await node.manager.openLogs(pod.metadata.uid, request, AbortSignal.timeout(60_000)));
}

const pidOf = async (id: string) => (await inspect(id)).State.Pid;
const idOf = (containerId: string | undefined) => containerId?.replace('docker://', '') ?? '';

it('starts sidecars in order before the containers, and ends a finished pod although they run', async () => {
  await using node = await startTestNode();
  const startupProbe = { exec: { command: ['/bin/test', '-e', '/work/ready'] }, periodSeconds: 1 };
  const pod = makePod({
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 10,
      volumes,
      initContainers: [
        makeContainer('a', `(sleep 1; touch /work/ready) & ${diary('a')}`, {
          ...work,
          restartPolicy: 'Always',
          startupProbe,
        }),
        makeContainer('init', 'echo init >> /work/log', work),
        makeContainer('b', diary('b'), { ...work, restartPolicy: 'Always' }),
      ],
      containers: [makeContainer('main', 'echo main >> /work/log; sleep 1; echo done >> /work/log', work)],
    },
  });
  node.api.putPod(pod);
  const { uid } = pod.metadata;
  await node.api.until('it has succeeded', () => node.api.status(uid)?.phase === 'Succeeded');
  const log = await readFile(`${node.dataDir}/pods/${uid}/volumes/work/log`, 'utf8').catch(() => '');
  const phases = (node.api.statuses.get(uid) ?? []).map(({ phase }) => phase);
  expect(phases.toSorted()).toEqual(phases);
  const running = (node.api.statuses.get(uid) ?? []).findLast(({ phase }) => phase === 'Running');
  expect(running?.containerStatuses?.[0]?.state?.terminated?.reason).toBe('Completed');
  const sidecars = node.api.status(uid)?.initContainerStatuses ?? [];
  expect(sidecars.map(({ name, state }) => [name, state?.terminated?.exitCode])).toEqual([
    ['a', 0],
    ['init', 0],
    ['b', 0],
  ]);
  const finished = (name: string) =>
    Date.parse(sidecars.find((item) => item.name === name)?.state?.terminated?.finishedAt ?? '');
  expect(finished('b')).toBeLessThanOrEqual(finished('a'));
  // The volume may be gone with the pod's end; where it is not, it tells the order.
  if (log !== '')
    expect(log.split('\n').filter(Boolean)).toEqual(['start a', 'init', 'start b', 'main', 'done', 'stop b', 'stop a']);
});

it('runs hooks after the start and before the stop, inside the grace period', async () => {
  await using node = await startTestNode();
  const script = trapped('echo began; while ! test -e /tmp/hooked; do sleep 0.1; done; echo hooked');
  const lifecycle = {
    postStart: { exec: { command: ['/bin/sh', '-c', 'sleep 1; touch /tmp/hooked'] } },
    preStop: { exec: { command: ['/bin/sh', '-c', 'echo preStop > /proc/1/fd/1; sleep 1'] } },
  };
  const pod = makePod({
    container: { ...makeContainer('main', script), lifecycle },
    spec: { terminationGracePeriodSeconds: 20 },
  });
  await node.runPod(pod);
  // Only once its hook is done it is shown as running.
  const states = (node.api.statuses.get(pod.metadata.uid) ?? []).map(
    ({ containerStatuses }) => containerStatuses?.[0]?.state,
  );
  expect(states.filter((state) => state?.running).length).toBeGreaterThan(0);
  expect(await execIn(node.containerId(pod), 'ls', '/tmp/hooked')).toBe('/tmp/hooked\n');
  const follow = node.manager.openLogs(
    pod.metadata.uid,
    { container: 'main', follow: true, previous: false, timestamps: false },
    AbortSignal.timeout(60_000),
  );
  node.api.deletePod(pod.metadata.uid, 20);
  expect(await text(await follow)).toMatch(/^began\n(hooked\n)?(preStop\n)(hooked\n)?$/);
  await node.api.until('it is gone', () => node.api.terminated.includes(pod.metadata.uid));
  expect(node.api.status(pod.metadata.uid)?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 0 });
});

it('kills and restarts a container whose postStart hook failed, and says so', async () => {
  await using node = await startTestNode();
  const lifecycle = { postStart: { httpGet: { port: 1, path: '/' } }, preStop: { exec: { command: ['/bin/false'] } } };
  const pod = makePod({ container: { ...makeContainer('main', trapped('true')), lifecycle } });
  node.api.putPod(pod);
  await node.api.until(
    'it was restarted',
    () => (node.api.status(pod.metadata.uid)?.containerStatuses?.[0]?.restartCount ?? 0) > 0,
  );
  const events = node.api.eventTexts(pod.metadata.uid);
  expect(events.find((event) => event.startsWith('FailedPostStartHook'))).toMatch(
    /PostStartHook failed: Get .* connection refused/,
  );
  expect(events).toContain('Killing: FailedPostStartHook');
  expect(events).toContain('FailedPreStopHook: PreStopHook failed: the command exited with code 1');
});

it('runs on the host’s network, processes and ipc where the pod says so', async () => {
  await using node = await startTestNode();
  const spec = {
    hostNetwork: true,
    hostPID: true,
    hostIPC: true,
    hostAliases: [{ ip: '192.0.2.7', hostnames: ['a', 'b'] }],
  };
  const pod = makePod({ spec });
  const { podIP, hostIP } = await node.runPod(pod);
  expect(podIP).toBe(hostIP);
  const id = node.containerId(pod);
  for (const kind of ['net', 'pid', 'ipc']) {
    expect(await readlink(`/proc/${await pidOf(id)}/ns/${kind}`)).toBe(await readlink(`/proc/self/ns/${kind}`));
  }
  expect(await execIn(id, 'hostname')).toBe(`${hostname()}\n`);
  expect(await execIn(id, 'cat', '/etc/hosts')).toContain('192.0.2.7\ta\tb\n');
  await node.restart();
  await node.runPod(makePod());
  expect(node.api.status(pod.metadata.uid)?.podIP).toBe(hostIP);
});

it('writes the pod’s hosts file, host name and name service settings', async () => {
  await using node = await startTestNode({}, '10.251.6.0/24', 'node-1', {
    server: '10.96.0.10',
    domain: 'cluster.local',
  });
  const spec = {
    hostname: 'web-0',
    subdomain: 'web',
    setHostnameAsFQDN: true,
    dnsConfig: { searches: ['example.com'], options: [{ name: 'ndots', value: '2' }] },
  };
  const pod = makePod({ spec });
  const { podIP } = await node.runPod(pod);
  const id = node.containerId(pod);
  const full = 'web-0.web.default.svc.cluster.local';
  expect(await execIn(id, 'hostname')).toBe(`${full}\n`);
  expect(await execIn(id, 'cat', '/etc/hosts')).toContain(`${podIP}\t${full}\tweb-0\n`);
  const resolv = await execIn(id, 'cat', '/etc/resolv.conf');
  expect(resolv).toMatch(/^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local .*example\.com$/m);
  expect(resolv).toMatch(/^nameserver 10\.96\.0\.10$/m);
  expect(resolv).toMatch(/^options .*ndots:2/m);
});

it('adds ephemeral containers to a running pod, in its namespaces, and never restarts them', async () => {
  await using node = await startTestNode();
  const pod = makePod();
  await node.runPod(pod);
  const main = node.containerId(pod);
  const debug = { ...makeContainer('debug', 'cat /proc/1/cmdline; exit 3'), targetContainerName: 'main' };
  const shell = makeContainer('shell');
  const put = (ephemeralContainers: Pod['spec']['ephemeralContainers'], generation: number) =>
    node.api.putPod({
      ...pod,
      metadata: { ...pod.metadata, generation },
      spec: { ...pod.spec, ephemeralContainers } as Pod['spec'],
    });
  put([shell, debug], 2);
  const statuses = () => node.api.status(pod.metadata.uid)?.ephemeralContainerStatuses ?? [];
  await node.api.until(
    'one runs and one has ended',
    () =>
      statuses()
        .map(({ state }) => Object.keys(state ?? {})[0])
        .join() === 'running,terminated',
  );
  expect(statuses()[1]).toMatchObject({ name: 'debug', restartCount: 0, state: { terminated: { exitCode: 3 } } });
  expect(await logOf(node, pod, 'debug')).toContain('sleep');
  const shellPid = await pidOf(idOf(statuses()[0]?.containerID));
  for (const kind of ['net', 'ipc']) {
    expect(await readlink(`/proc/${shellPid}/ns/${kind}`)).toBe(
      await readlink(`/proc/${await pidOf(main)}/ns/${kind}`),
    );
  }
  await node.restart();
  await node.runPod(makePod());
  expect(node.containerId(pod)).toBe(main);
  expect(statuses()[1]).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 3 } } });
  node.api.deletePod(pod.metadata.uid, 1);
  await node.api.until('it is gone', () => node.api.terminated.includes(pod.metadata.uid));
  expect(await node.runtime.listContainers({ 'io.gantry.pod.uid': pod.metadata.uid })).toEqual([]);
});

it('applies a seccomp profile of the node and safe sysctls, and refuses others', async () => {
  await using node = await startTestNode();
  const denyMkdir = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
  };
  await mkdir(`${node.dataDir}/seccomp/profiles`, { recursive: true });
  await writeFile(`${node.dataDir}/seccomp/profiles/no-mkdir.json`, JSON.stringify(denyMkdir));
  const sysctls = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }];
  const seccompProfile = { type: 'Localhost', localhostProfile: 'profiles/no-mkdir.json' };
  const containers = [makeContainer('a'), makeContainer('b', undefined, { securityContext: { seccompProfile } })];
  const pod = makePod({ spec: { containers, securityContext: { sysctls } } });
  const { containerStatuses = [] } = await node.runPod(pod);
  const [a, b] = containerStatuses.map(({ containerID }) => idOf(containerID));
  expect(await execIn(b ?? '', 'cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start')).toBe('80\n');
  await execIn(a ?? '', 'mkdir', '/tmp/x');
  await expect(execIn(b ?? '', 'mkdir', '/tmp/x')).rejects.toThrow(/Operation not permitted/);
  const unsafe = makePod({ spec: { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } } });
  node.api.putPod(unsafe);
  await node.api.until('it is refused', () => node.api.status(unsafe.metadata.uid)?.phase === 'Failed');
  expect(node.api.status(unsafe.metadata.uid)).toMatchObject({
    reason: 'SysctlForbidden',
    message: 'forbidden sysctl: "kernel.msgmax" not allowlisted',
  });
});

it('runs privileged containers where the engine can, and carries its error where it cannot', async () => {
  await using node = await startTestNode();
  const pod = makePod({ container: { securityContext: { privileged: true } } });
  node.api.putPod(pod);
  const status = () => node.api.status(pod.metadata.uid)?.containerStatuses?.[0];
  await node.api.until(
    'it runs, or cannot',
    () => status()?.ready === true || status()?.lastState?.terminated !== undefined,
  );
  if (status()?.ready)
    expect(await execIn(node.containerId(pod), 'cat', '/proc/1/status')).toMatch(/^CapBnd:\s+[0-9a-f]*ffffffff$/m);
  else
    expect(status()?.lastState?.terminated).toMatchObject({
      reason: 'StartError',
      message: expect.stringMatching(/apply caps/),
    });
});

it('evicts a pod whose container writes more than its limit of ephemeral storage', async () => {
  await using node = await startTestNode({ storageCheckMs: 500 });
  const resources = { limits: { 'ephemeral-storage': '1Mi' } };
  const script = 'dd if=/dev/zero of=/tmp/big bs=1M count=3; exec sleep 3600';
  const pod = makePod({ container: { ...makeContainer('main', script), resources } });
  node.api.putPod(pod);
  await node.api.until('it was evicted', () => node.api.status(pod.metadata.uid)?.phase === 'Failed');
  expect(node.api.status(pod.metadata.uid)).toMatchObject({
    reason: 'Evicted',
    message: 'Container main exceeded its local ephemeral storage limit "1Mi". ',
  });
});
