import { readFile } from 'node:fs/promises';
import type { ConfigMap, Secret } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { mainStatus, startTestNode } from '../testing/test-node.ts';

const metadata = (name: string) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '',
});
const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata('conf'),
  data: { 'app.ini': 'a=1\n', other: 'x' },
};
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: metadata('key'),
  data: { password: Buffer.from('s3cret').toString('base64') },
};

it('mounts the volumes of a pod as Kubernetes does', async () => {
  await using node = await startTestNode();
  node.api.putConfigMap(configMap);
  node.api.putSecret(secret);
  const pod = makePod({
    labels: { app: 'demo' },
    spec: {
      securityContext: { fsGroup: 4000 },
      volumes: [
        { name: 'scratch', emptyDir: {} },
        { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
        { name: 'conf', configMap: { name: 'conf', defaultMode: 0o640 } },
        { name: 'key', secret: { secretName: 'key', items: [{ key: 'password', path: 'deep/pw', mode: 0o400 }] } },
        { name: 'info', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        { name: 'all', projected: { sources: [{ configMap: { name: 'conf' } }, { secret: { name: 'key' } }] } },
        { name: 'maybe', configMap: { name: 'nowhere', optional: true } },
      ],
    },
    container: {
      securityContext: { runAsUser: 1000 },
      volumeMounts: [
        { name: 'scratch', mountPath: '/scratch' },
        { name: 'scratch', mountPath: '/part', subPath: 'a/b' },
        { name: 'fast', mountPath: '/fast' },
        { name: 'conf', mountPath: '/conf', readOnly: true },
        { name: 'conf', mountPath: '/etc/app.ini', subPath: 'app.ini' },
        { name: 'key', mountPath: '/key' },
        { name: 'info', mountPath: '/info' },
        { name: 'all', mountPath: '/all' },
        { name: 'maybe', mountPath: '/maybe' },
      ],
    },
  });
  await node.runPod(pod);
  const id = node.containerId(pod);
  const sh = (script: string) => execIn(id, 'sh', '-c', script);
  expect(await sh('echo x > /scratch/f; cat /scratch/f; stat -c %g /scratch')).toBe('x\n4000\n');
  expect(await sh('echo y > /part/g; cat /scratch/a/b/g')).toBe('y\n');
  expect(await sh('grep " /fast " /proc/mounts || cat /proc/mounts | head -40')).toMatch(
    /tmpfs \/fast tmpfs .*size=1024k/,
  );
  expect(await sh('cat /conf/app.ini /etc/app.ini; stat -L -c %a /conf/app.ini')).toBe('a=1\na=1\n640\n');
  expect(await sh('cat /conf/..data/other')).toBe('x');
  expect(await sh('cat /key/deep/pw; ls /key; stat -L -c " %a" /key/deep/pw')).toBe('s3cretdeep\n 440\n');
  expect(await sh('cat /info/labels')).toBe('app="demo"');
  expect(await sh('ls /all')).toBe('app.ini\nother\npassword\n');
  expect(await sh('ls /maybe')).toBe('');
  await expect(sh('echo x > /conf/new')).rejects.toThrow(/Read-only/);
  // Secrets never reach a disk.
  expect(await readFile('/proc/self/mountinfo', 'utf8')).toContain(`${node.dataDir.replaceAll(' ', '\\040')}/memory`);
  node.api.deletePod(pod.metadata.uid, 0);
  await node.api.until('it is gone', () => node.api.terminated.includes(pod.metadata.uid));
  await expect(readFile(`${node.dataDir}/pods/${pod.metadata.uid}/volumes/conf/app.ini`)).rejects.toThrow(/ENOENT/);
});

it('waits for a ConfigMap that a volume or a variable names, and goes on when it appears', async () => {
  await using node = await startTestNode();
  const volume = makePod({
    spec: { volumes: [{ name: 'conf', configMap: { name: 'conf' } }] },
    container: { volumeMounts: [{ name: 'conf', mountPath: '/conf' }] },
  });
  const valueFrom = { configMapKeyRef: { name: 'conf', key: 'other' } };
  const variable = makePod({ container: { env: [{ name: 'OTHER', valueFrom }] } });
  for (const pod of [volume, variable]) node.api.putPod(pod);
  const status = () => mainStatus(node.api.status(variable.metadata.uid));
  await node.api.until(
    'the variable is missed',
    () => status()?.state?.waiting?.reason === 'CreateContainerConfigError',
  );
  expect(status()?.state?.waiting?.message).toBe('configmap "conf" not found');
  const failed = 'FailedMount: MountVolume.SetUp failed for volume "conf" : configmap "conf" not found';
  await node.api.until('the volume is missed', () => node.api.eventTexts(volume.metadata.uid).includes(failed));
  expect(mainStatus(node.api.status(volume.metadata.uid))?.state?.waiting?.reason).toBe('ContainerCreating');
  node.api.putConfigMap(configMap);
  await node.api.until('both run', () =>
    [volume, variable].every(({ metadata: { uid } }) => mainStatus(node.api.status(uid))?.ready === true),
  );
  expect(await execIn(node.containerId(variable), 'env')).toContain('OTHER=x\n');
});
