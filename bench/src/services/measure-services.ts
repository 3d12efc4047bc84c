import type { Pod, Service } from '@gantry/api-types';
import type { HttpClient } from '@gantry/e2e/testbed/http-client';
import { runCommand } from '@gantry/e2e/testbed/local-cluster';
import { isPodReady } from '@gantry/e2e/testbed/pods';
import { waitForObjects } from '@gantry/e2e/testbed/watch-objects';
import { inParallel, percentile } from '../load/statistics.ts';
import { writeIptablesChains } from './iptables-chains.ts';
import { RuleMonitor } from './rule-monitor.ts';

const servicesPath = '/api/v1/namespaces/default/services';
const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';
const program =
  "require('http').createServer((q,r)=>r.end('ok')).listen(8080);process.on('SIGTERM',()=>process.exit(0))";

/** One pod that answers, and its address. */
export async function startServer(client: HttpClient): Promise<string> {
  const readinessProbe = { httpGet: { port: 8080 }, periodSeconds: 1 };
  const container = { name: 'main', image: 'gantry-demo/node:26', command: ['node', '-e', program], readinessProbe };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'server' }, spec: { containers: [container] } };
  await client.must('POST', '/api/v1/namespaces/default/pods', pod);
  const [running] = await waitForObjects<Pod>(client, {
    what: 'the server has an address and runs',
    path: '/api/v1/namespaces/default/pods',
    until: (pods) => pods[0] !== undefined && isPodReady(pods[0]),
    timeoutMs: 60_000,
  });
  return running?.status.podIP ?? '';
}

/** A Service without a selector whose only endpoint is the pod; resolves with its cluster IP. */
export async function createService(client: HttpClient, name: string, podIp: string): Promise<string> {
  const spec = { ports: [{ port: 80, targetPort: 8080 }] };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
  const created = JSON.parse((await client.must('POST', servicesPath, service)).text) as Service;
  await client.must('POST', slicesPath, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [podIp], conditions: { ready: true } }],
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
  });
  return created.spec.clusterIP ?? '';
}

export async function createServices(client: HttpClient, from: number, to: number, podIp: string): Promise<void> {
  await inParallel(to - from, 16, async (index) => void (await createService(client, `many-${from + index}`, podIp)));
}

export interface PathRates {
  /** Requests a second: to the pod, by the Service, by kube-proxy's chains. */
  readonly pod: number;
  readonly service: number;
  readonly iptables: number;
}

/** The three in turns, so that what else the machine does falls on all; medians. `isNew`: a connection a request. */
export async function comparePaths(
  podIp: string,
  serviceIp: string,
  others: number,
  isNew: boolean,
): Promise<PathRates> {
  const iptablesIp = '10.199.255.1';
  await using _chains = await writeIptablesChains(iptablesIp, `${podIp}:8080`, others);
  const rates = { pod: [] as number[], service: [] as number[], iptables: [] as number[] };
  for (let round = 0; round < 5; round += 1) {
    rates.pod.push(await wrk(`http://${podIp}:8080/`, isNew));
    rates.service.push(await wrk(`http://${serviceIp}/`, isNew));
    rates.iptables.push(await wrk(`http://${iptablesIp}/`, isNew));
  }
  const median = (samples: readonly number[]) => percentile(samples, 0.5);
  return { pod: median(rates.pod), service: median(rates.service), iptables: median(rates.iptables) };
}

async function wrk(url: string, isNew: boolean): Promise<number> {
  const header = isNew ? ['-H', 'Connection: close'] : [];
  const { code, stdout, stderr } = await runCommand('wrk', ['-t1', '-c16', '-d2s', ...header, url]);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  if (code !== 0 || !(rate > 0)) throw new Error(`wrk ${url}: ${stdout}${stderr}`);
  return rate;
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
    const patch = { spec: { ports: [{ port, targetPort: 8080, protocol: 'TCP' }] } };
    const everywhere = monitor.waitFor(`frontends { ${serviceIp} . tcp . ${port} :`, nodes);
    await client.must('PATCH', `${servicesPath}/${name}`, patch, 'application/merge-patch+json');
    const begin = performance.now();
    samples.push(Math.max(0, (await everywhere) - begin));
  }
  return percentile(samples, 0.5);
}
