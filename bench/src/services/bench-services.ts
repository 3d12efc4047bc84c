import type { Node, Service } from '@gantry/api-types';
import { LocalCluster } from '@gantry/e2e/testbed/local-cluster';
import type { Figure } from '../report.ts';
import { measureDns } from './dns-load.ts';
import {
  comparePaths,
  createService,
  createServices,
  measurePropagation,
  type PathRates,
  startServer,
} from './measure-services.ts';

const many = 2_000;
const dnsQuestions = 30_000;
const dnsPerSecond = 6_000;

/** The path by a Service against the pod's own address and kube-proxy's chains, DNS, and how fast changes spread. */
export async function benchServices(): Promise<Figure[]> {
  await using cluster = await LocalCluster.start(['--no-demo']);
  const client = cluster.client(16);
  const podIp = await startServer(client);
  const serviceIp = await createService(client, 'measured', podIp);
  const figures = [
    ...(await pathFigures(podIp, serviceIp, 1)),
    await (async () => {
      await createServices(client, 0, many, podIp);
      const ms = await measurePropagation(client, await ipOf('many-7'), 'many-7', 3);
      const work = `a Service change is in the rules of all 3 nodes, ${many} Services (median of 10)`;
      return { work, value: ms, unit: 'ms', promise: { max: 200 }, note: 'three nodes on one machine' };
    })(),
    ...(await pathFigures(podIp, serviceIp, many)),
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

async function pathFigures(podIp: string, serviceIp: string, count: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const isNew of [false, true]) {
    const rates = await comparePaths(podIp, serviceIp, count - 1, isNew);
    const work = `requests by a Service, ${count} present, ${isNew ? 'a connection each' : 'kept connections'}`;
    figures.push(...figuresOf(work, rates));
  }
  return figures;
}

function figuresOf(work: string, { pod, service, iptables }: PathRates): Figure[] {
  return [
    {
      work,
      value: service,
      unit: '1/s',
      promise: { min: pod * 0.95 },
      rival: { name: "the pod's own address", value: pod },
    },
    { work, value: service, unit: '1/s', rival: { name: "kube-proxy's iptables chains", value: iptables } },
  ];
}
