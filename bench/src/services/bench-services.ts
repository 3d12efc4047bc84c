import type { Node, Service } from '@gantry/api-types';
import { LocalCluster } from '@gantry/e2e/testbed/local-cluster';
import type { Figure } from '../report.ts';
import { comparePaths, type PathResult } from './compare-paths.ts';
import { measureDns } from './dns-load.ts';
import { writeIptablesChains } from './iptables-chains.ts';
import {
  createService,
  createServices,
  measurePropagation,
  pidOf,
  serverPorts,
  startPods,
} from './measure-services.ts';

type Pods = Awaited<ReturnType<typeof startPods>>;

const many = 2_000;
const dnsQuestions = 30_000;
const dnsPerSecond = 6_000;
/** Of a second for each path. */
const rounds = 11;

/** The path by a Service against the pod's own address and kube-proxy's chains, DNS, and how fast changes spread. */
export async function benchServices(): Promise<Figure[]> {
  await using cluster = await LocalCluster.start(['--no-demo']);
  const client = cluster.client(16);
  const pods = await startPods(client);
  const { serverIp } = pods;
  const serviceIp = await createService(client, 'measured', serverIp);
  const figures = [
    ...(await pathFigures(pods, serviceIp, 1)),
    await (async () => {
      await createServices(client, 0, many, serverIp);
      const ms = await measurePropagation(client, await ipOf('many-7'), 'many-7', 3);
      const work = `a Service change is in the rules of all 3 nodes, ${many} Services (median of 10)`;
      return { work, value: ms, unit: 'ms', promise: { max: 200 }, note: 'three nodes on one machine' };
    })(),
    ...(await pathFigures(pods, serviceIp, many)),
    ...(await dnsFigures()),
  ];
  client.close();
  return figures;

  async function ipOf(name: string): Promise<string> {
    const service = await client.json<Service>(`/api/v1/namespaces/default/services/${name}`);
    return service.spec.clusterIP ?? '';
  }

  async function dnsFigures(): Promise<Figure[]> {
    const nodes = await client.json<{ items: readonly Node[] }>('/api/v1/nodes');
    const gateway = (nodes.items[0]?.spec.podCIDR ?? '').replace(/\.0\/\d+$/, '.1');
    const names = Array.from({ length: many }, (_, i) => `many-${i}.default.svc.cluster.local`);
    await measureDns(gateway, names, 2_000, 1_000);
    const { perSecond, p99Ms } = await measureDns(gateway, names, dnsQuestions, dnsPerSecond);
    const work = `DNS answers of one node, ${many} names, asked ${dnsPerSecond} times a second`;
    return [
      { work, value: perSecond, unit: '1/s', promise: { min: 5_000 } },
      { work: `${work}: p99`, value: p99Ms, unit: 'ms', promise: { max: 5 } },
    ];
  }
}

async function pathFigures({ serverIp, clientUid }: Pods, serviceIp: string, count: number): Promise<Figure[]> {
  const iptablesIp = '10.199.255.1';
  await using _chains = await writeIptablesChains(iptablesIp, `${serverIp}:${serverPorts.iptables}`, count - 1);
  const paths = [
    { name: "the pod's own address", url: `http://${serverIp}:${serverPorts.direct}/` },
    { name: 'a Service', url: `http://${serviceIp}/` },
    { name: "kube-proxy's iptables chains", url: `http://${iptablesIp}/` },
  ];
  const clientPid = await pidOf(clientUid);
  const figures: Figure[] = [];
  for (const isNew of [false, true]) {
    const results = await comparePaths(paths, { clientPid, isNew, rounds });
    const work = `requests of a pod by a Service, ${count} present, ${isNew ? 'a connection each' : 'kept connections'}`;
    figures.push(...figuresOf(work, results));
  }
  return figures;
}

function figuresOf(work: string, [pod, service, iptables]: readonly PathResult[]): Figure[] {
  if (!pod || !service || !iptables) return [];
  const spread = ({ ratio }: PathResult) =>
    `half of ${rounds} rounds between ${ratio.low.toFixed(3)} and ${ratio.high.toFixed(3)}`;
  const failed = [pod, service, iptables].reduce((sum, { failedConnections }) => sum + failedConnections, 0);
  return [
    {
      work,
      value: service.perSecond,
      unit: '1/s',
      rival: { name: pod.name, value: pod.perSecond },
      note: failed === 0 ? '' : `${failed} connections failed`,
    },
    { work, value: service.perSecond, unit: '1/s', rival: { name: iptables.name, value: iptables.perSecond } },
    {
      work: `${work}: part of the pod's own address`,
      value: service.ratio.median,
      unit: 'x',
      promise: { min: 0.95 },
      rival: { name: iptables.name, value: iptables.ratio.median },
      note: `${spread(service)}; chains: ${spread(iptables)}`,
    },
  ];
}
