import type { ContainerInspection, PodInspectionReport } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { engine, execIn, testImage } from '../testing/test-engine.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import { ImageCatalogue } from './image-catalogue.ts';
import { inspectNode } from './inspect-node.ts';
import { inspectPod, type PodInspector } from './inspect-pod.ts';
import { hostProc } from './proc.ts';

const secret = 'not-to-be-shown';

function wantedPod() {
  const env = [{ name: 'PASSWORD', value: secret }];
  const container = { image: testImage, imagePullPolicy: 'IfNotPresent', env } as const;
  const resources = { requests: { cpu: '200m', memory: '32Mi' }, limits: { cpu: '500m', memory: '64Mi' } };
  const command = ['/bin/sh', '-c', 'sleep 3600 & wait', '$(PASSWORD)'];
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
  };
  return makePod({
    annotations: { 'blkio.gantry.io/write-bps': '64Mi' },
    spec: {
      containers: [
        { ...container, name: 'main', command, resources, securityContext },
        { ...container, name: 'side', command: ['/bin/sleep', '3600'], securityContext: { runAsUser: 1234 } },
      ],
    },
  });
}

function inspectorOf({ manager, runtime }: TestNode): PodInspector {
  if (!manager.inspection) throw new Error('the node has no engine');
  return { source: manager.inspection, proc: hostProc, images: new ImageCatalogue(runtime) };
}

function find({ containers }: PodInspectionReport, wanted: string): ContainerInspection {
  const container = containers.find(({ name }) => name === wanted);
  if (!container) throw new Error(`no container ${wanted}`);
  return container;
}

it('reads from the kernel what the YAML declares, who shares what, and how long the start took', async () => {
  await using node = await startTestNode({ podPidsLimit: 100 });
  const pod = wantedPod();
  await node.runPod(pod);
  const inspector = inspectorOf(node);
  const [target] = inspector.source.pods();
  if (!target) throw new Error('the node has no pod');
  await execIn(
    find(await inspectPod(inspector, target), 'main').id,
    'dd',
    'if=/dev/zero',
    'of=/x',
    'bs=1k',
    'count=64',
  );
  const report = await inspectPod(inspector, target);
  expect(report.unread).toEqual([]);
  const main = find(report, 'main');
  const declared = [...main.files, ...main.security, ...report.podFiles].flatMap(({ name, text, declared: said }) =>
    said ? [{ name, text, field: said.field, agrees: said.agrees }] : [],
  );
  expect(declared.filter(({ agrees }) => !agrees)).toEqual([]);
  const fields = declared.map(({ field }) => field);
  expect(fields).toEqual(
    expect.arrayContaining([
      'resources.requests.cpu',
      'resources.limits.cpu',
      'resources.limits.memory',
      'securityContext.capabilities',
      'securityContext.allowPrivilegeEscalation',
    ]),
  );
  expect(main.writableBytes).toBeGreaterThanOrEqual(65_536);
  expect(main.processes.items.map(({ command }) => command).sort()).toEqual(['sh', 'sleep']);
  const side = find(report, 'side');
  expect(side.security.find(({ name }) => name === 'Uid')?.declared).toMatchObject({ value: '1234', agrees: true });
  const shares = ({ namespaces }: ContainerInspection) =>
    Object.fromEntries(
      namespaces.map(({ kind, isHost, sharedWith }) => [kind, isHost || sharedWith.map((one) => one.container).sort()]),
    );
  expect(shares(main)).toMatchObject({ net: ['POD', 'side'], ipc: ['POD', 'side'], pid: [], mnt: [], user: true });
  const phases = report.phases.map(({ phase, container }) => [phase, container ?? ''].join(' ').trim());
  expect(phases).toEqual(expect.arrayContaining(['preparing', 'creating main', 'starting side', 'becomingReady']));
  expect(JSON.stringify(report)).not.toContain(secret);
});

it('knows which images lie on the same layers', async () => {
  await using node = await startTestNode();
  const pod = makePod();
  await node.runPod(pod);
  const image = `gantry-inspection-test-${node.cluster}:1`;
  await execIn(node.containerId(pod), 'touch', '/more');
  const [repo, tag] = image.split(':');
  await engine('POST', `/commit?container=${node.containerId(pod)}&repo=${repo}&tag=${tag}`);
  try {
    const report = await inspectNode(inspectorOf(node));
    const base = report.images.find(({ names }) => names.includes(testImage));
    const made = report.images.find(({ names }) => names.includes(image));
    expect(base?.pods).toEqual([`default/${pod.metadata.name}`]);
    expect(made?.layers.map(({ diffId }) => diffId)).toEqual([base?.layers[0]?.diffId, expect.any(String)]);
    expect(made?.layers[0]?.sharedWith).toContain(base?.names[0]);
    expect(base?.layers[0]?.sizeBytes).toBeGreaterThan(100_000);
    expect(made?.layers[1]).toMatchObject({ sharedCount: 0 });
  } finally {
    await engine('DELETE', `/images/${image}`);
  }
});
