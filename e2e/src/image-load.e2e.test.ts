import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, openEngine, removeImages } from './testbed/images.ts';
import { type CommandResult, runCommand } from './testbed/local-cluster.ts';
import { sleeperImage } from './testbed/multi-host-cluster.ts';
import { isPodReady } from './testbed/pods.ts';
import { useCluster } from './testbed/use-cluster.ts';
import { waitForObjects } from './testbed/watch-objects.ts';

const docker = openEngine();
const image = 'gantry-e2e/built-here:1';
const dataBytes = 3_000_000;
const podsPath = '/api/v1/namespaces/default/pods';

/** Hosts with engines of their own and no registry. */
describe('an image that was built here', () => {
  const test = useCluster(['host-1', 'host-2']);

  beforeAll(async () => {
    // One layer more than what every host has.
    const data = [{ name: 'data', mode: 0o644, content: randomBytes(dataBytes) }];
    await buildImage(docker, image, `FROM ${sleeperImage}\nCOPY data /data`, data);
  });

  afterAll(() => removeImages(docker, [image]));

  async function gantry(...args: string[]): Promise<CommandResult> {
    return runCommand('npx', ['gantry', ...args, '--data-dir', test.cluster().dataDir]);
  }

  async function must(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await gantry(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  /** Runs a pod on a host from what is there. */
  async function run(name: string, nodeName: string, reference: string): Promise<void> {
    await test.cluster().client.must('POST', podsPath, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        nodeName,
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: reference, imagePullPolicy: 'Never' }],
      },
    });
    await waitForObjects<Pod>(test.cluster().client, {
      what: `${name} runs on ${nodeName}`,
      path: podsPath,
      until: (pods) => pods.some((pod) => pod.metadata.name === name && isPodReady(pod)),
    });
  }

  /** A command in the container of a pod, by the engine of its host. */
  async function inPod(host: string, pod: string, ...command: string[]): Promise<string> {
    const { metadata } = await test.cluster().client.json<Pod>(`${podsPath}/${pod}`);
    const { engine } = test.cluster().host(host);
    const filters = { label: [`io.gantry.pod.uid=${metadata.uid}`] };
    const [container] = await engine.listContainers({ filters });
    const options = { Cmd: [...command], AttachStdout: true, AttachStderr: true };
    const exec = await engine.getContainer(container?.Id ?? '').exec(options);
    const both = await exec.start({});
    const output = new PassThrough();
    engine.modem.demuxStream(both, output, output);
    both.on('end', () => output.end());
    return text(output);
  }

  it('is sent to the nodes that lack it, only the layers they lack', async () => {
    const first = await must('image', 'load', image, '--node', 'host-1');
    const [, sent = '', whole = '', layers = ''] =
      /host-1: sent ([\d.]+) MiB of ([\d.]+) MiB \((.*) layers\)/.exec(first) ?? [];
    expect(Number(sent)).toBeGreaterThanOrEqual(2.8);
    expect(Number(sent)).toBeLessThan(3.2);
    // The busybox below stays where it is.
    expect(Number(whole)).toBeGreaterThan(Number(sent) + 1);
    expect(layers).toMatch(/^1 of \d+$/);
    const second = await must('image', 'load', image);
    expect(second).toContain('host-1: nothing sent, it is there');
    expect(second).toMatch(/host-2: sent [\d.]+ MiB of/);
    for (const host of ['host-1', 'host-2']) await run(`from-${host}`, host, image);
    expect(await inPod('host-2', 'from-host-2', 'sh', '-c', 'wc -c < /data')).toBe(`${dataBytes}\n`);
  });

  it('may be a snapshot of a running pod: its files, on the nodes that are named', async () => {
    await run('original', 'host-1', image);
    await inPod('host-1', 'original', 'sh', '-c', 'echo kept > /note; echo lost > /proc/1/comm');
    const said = await must('snapshot', 'original', 'gantry-e2e/snapshot:1', '--to', 'host-2');
    expect(said).toMatch(/gantry-e2e\/snapshot:1 is on host-1 now \([\d.]+ MiB, \d+ layers: files, no memory\)/);
    expect(said).toMatch(/host-2: sent 0\.\d MiB of [\d.]+ MiB \(1 of \d+ layers\)/);
    const { Config } = await test.cluster().host('host-2').engine.getImage('gantry-e2e/snapshot:1').inspect();
    // Otherwise a container made of it by hand would pass for the pod's.
    expect(new Set(Object.values(Config.Labels))).toEqual(new Set(['']));
    await run('copy', 'host-2', 'gantry-e2e/snapshot:1');
    expect(await inPod('host-2', 'copy', 'cat', '/note')).toBe('kept\n');
    expect(await inPod('host-2', 'copy', 'cat', '/proc/1/comm')).not.toBe('lost\n');
  });

  it('is refused by names', async () => {
    expect((await gantry('image', 'load', 'gantry-e2e/none:1')).stderr).toContain(
      'there is no image gantry-e2e/none:1',
    );
    expect((await gantry('image', 'load', image, '--node', 'host-9')).stderr).toContain('there is no node host-9');
    expect((await gantry('snapshot', 'nobody', 'x:1')).stderr).toContain('pods "nobody" not found');
    expect((await gantry('snapshot', 'original', 'x:1', '-c', 'side')).stderr).toContain('has no container side');
    expect((await gantry('snapshot', 'original', 'Not A Name')).stderr).toContain('invalid reference format');
    const refused = await test.cluster().client.send('POST', '/gantry/v1/nodes/host-1/image-layers', { reference: 1 });
    expect(refused.status).toBe(400);
  });
});
