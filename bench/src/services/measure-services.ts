import type { Pod, Service } from '@gantry/api-types';
import type { HttpClient } from '@gantry/e2e/testbed/http-client';
import { openEngine } from '@gantry/e2e/testbed/images';
import { isPodReady } from '@gantry/e2e/testbed/pods';
import { waitForObjects } from '@gantry/e2e/testbed/watch-objects';
import { inParallel, percentile } from '../load/statistics.ts';
import { RuleMonitor } from './rule-monitor.ts';

const servicesPath = '/api/v1/namespaces/default/services';
const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const podsPath = '/api/v1/namespaces/default/pods';
const image = 'gantry-demo/node:26';
const listen = `for(const p of [8080,8081,8082])require('http').createServer((q,r)=>r.end('ok')).listen(p)`;
const idle = 'setInterval(()=>{},1e6)';
const program = (what: string) => `${what};process.on('SIGTERM',()=>process.exit(0))`;

/** Ports of the server, so that each path has one of its own. */
export const serverPorts = { direct: 8080, service: 8081, iptables: 8082 } as const;

/** One pod that answers, and one on its node that asks. */
export async function startPods(
  client: HttpClient,
): Promise<{ readonly serverIp: string; readonly clientUid: string }> {
  const readinessProbe = { httpGet: { port: serverPorts.direct }, periodSeconds: 1 };
  const [server] = await startPod(client, 'server', { command: ['node', '-e', program(listen)], readinessProbe });
  const nodeName = server?.spec.nodeName;
  const [asking] = await startPod(client, 'client', { command: ['node', '-e', program(idle)] }, { nodeName });
  return { serverIp: server?.status.podIP ?? '', clientUid: asking?.metadata.uid ?? '' };
}

async function startPod(
  client: HttpClient,
  name: string,
  container: object,
  spec: object = {},
): Promise<readonly Pod[]> {
  const containers = [{ name: 'main', image, ...container }];
  await client.must('POST', podsPath, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers, ...spec },
  });
  return waitForObjects<Pod>(client, {
    what: `the ${name} has an address and runs`,
    path: `${podsPath}?fieldSelector=metadata.name%3D${name}`,
    until: (pods) => pods[0] !== undefined && isPodReady(pods[0]),
    timeoutMs: 60_000,
  });
}

/** The first process of a pod's container. */
export async function pidOf(podUid: string): Promise<number> {
  const docker = openEngine();
  const label = [`io.gantry.pod.uid=${podUid}`, 'io.gantry.container=main'];
  const [container] = await docker.listContainers({ filters: { label } });
  return (await docker.getContainer(container?.Id ?? '').inspect()).State.Pid;
}

/** A Service without a selector whose only endpoint is the pod; resolves with its cluster IP. */
export async function createService(client: HttpClient, name: string, podIp: string): Promise<string> {
  const spec = { ports: [{ port: 80, targetPort: serverPorts.service }] };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
  const created = JSON.parse((await client.must('POST', servicesPath, service)).text) as Service;
  await client.must('POST', slicesPath, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [podIp], conditions: { ready: true } }],
    ports: [{ name: '', port: serverPorts.service, protocol: 'TCP' }],
  });
  return created.spec.clusterIP ?? '';
}

export async function createServices(client: HttpClient, from: number, to: number, podIp: string): Promise<void> {
  await inParallel(to - from, 16, async (index) => void (await createService(client, `many-${from + index}`, podIp)));
}

/**
 * Milliseconds from the answer to a change of a Service's port until every node's rules have it, as the kernel tells
 * who listens: asking would cost the processors that the agents need.
 */
export async function measurePropagation(
  client: HttpClient,
  serviceIp: string,
  name: string,
  nodes: number,
): Promise<number> {
  await using monitor = await RuleMonitor.start();
  const samples: number[] = [];
  for (let port = 1_001; port <= 1_010; port += 1) {
    const patch = { spec: { ports: [{ port, targetPort: serverPorts.service, protocol: 'TCP' }] } };
    const everywhere = monitor.waitFor(`frontends { ${serviceIp} . tcp . ${port} :`, nodes);
    await client.must('PATCH', `${servicesPath}/${name}`, patch, 'application/merge-patch+json');
    const begin = performance.now();
    samples.push(Math.max(0, (await everywhere) - begin));
  }
  return percentile(samples, 0.5);
}
