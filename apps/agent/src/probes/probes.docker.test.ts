import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { isReady, mainStatus, startTestNode } from '../testing/test-node.ts';

const server = { command: ['/bin/sh', '-c', 'mkdir -p /tmp/www; httpd -f -p 8080 -h /tmp/www'] };
const quick = { periodSeconds: 1, timeoutSeconds: 1 };

it('is ready while its readiness probe succeeds', async () => {
  await using node = await startTestNode();
  const readinessProbe = { ...quick, failureThreshold: 1, httpGet: { path: '/ok', port: 'web' } };
  const ports = [{ name: 'web', containerPort: 8080 }];
  const pod = makePod({ container: { ...server, ports, readinessProbe } });
  const { uid } = pod.metadata;
  node.api.putPod(pod);
  const failed = 'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404';
  await node.api.until('it is found wanting', () => node.api.eventTexts(uid).includes(failed));
  expect(node.api.status(uid)).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ ready: false, started: true }],
  });
  const condition = node.api.status(uid)?.conditions?.find(({ type }) => type === 'Ready');
  expect(condition).toMatchObject({ reason: 'ContainersNotReady', message: 'containers with unready status: [main]' });
  await execIn(node.containerId(pod), 'sh', '-c', 'echo ok > /tmp/www/ok');
  await node.api.until('it is ready', () => isReady(node.api.status(uid)));
  await execIn(node.containerId(pod), 'rm', '/tmp/www/ok');
  await node.api.until('it is not ready', () => !isReady(node.api.status(uid)));
  expect(mainStatus(node.api.status(uid))?.restartCount).toBe(0);
});

it('restarts a container whose liveness probe fails', async () => {
  await using node = await startTestNode();
  // On a busy machine a command takes its time: it is to fail by what it finds.
  const exec = { command: ['/bin/cat', '/tmp/alive'] };
  const livenessProbe = { periodSeconds: 1, timeoutSeconds: 30, failureThreshold: 2, exec };
  const script = 'echo 1 > /tmp/alive; trap "exit 0" TERM; sleep 2; rm /tmp/alive; while true; do sleep 0.1; done';
  const pod = makePod({ container: { command: ['/bin/sh', '-c', script], livenessProbe } });
  const { uid } = pod.metadata;
  await node.runPod(pod);
  await node.api.until('it is restarted', () => mainStatus(node.api.status(uid))?.restartCount === 1);
  const events = node.api.eventTexts(uid);
  expect(events).toContain('Killing: Container main failed liveness probe, will be restarted');
  expect(events.some((text) => /^Unhealthy: Liveness probe failed: .*can't open '\/tmp\/alive'/.test(text))).toBe(true);
});

it('lets the startup probe go first', async () => {
  await using node = await startTestNode();
  const startupProbe = { ...quick, failureThreshold: 30, tcpSocket: { port: 8080 } };
  const livenessProbe = { ...quick, failureThreshold: 1, tcpSocket: { port: 8080 } };
  const command = ['/bin/sh', '-c', 'sleep 3; httpd -f -p 8080 -h /tmp'];
  const pod = makePod({ container: { command, startupProbe, livenessProbe } });
  const { uid } = pod.metadata;
  const { podIP } = await node.runPod(pod);
  expect(mainStatus(node.api.status(uid))).toMatchObject({ started: true, ready: true, restartCount: 0 });
  const refused = `Unhealthy: Startup probe failed: dial tcp ${podIP}:8080: connect: connection refused`;
  expect(node.api.eventTexts(uid)).toContain(refused);
  const early = node.api.statuses.get(uid)?.find((status) => mainStatus(status)?.state?.running);
  expect(mainStatus(early)).toMatchObject({ started: false, ready: false });
});
