import type { ClusterState } from '../cluster/cluster-state.ts';
import { defaultIngress, hostOf } from '../cluster/ended-agents.ts';
import { planNodeSizes } from '../cluster/node-sizes.ts';
import { choosePort } from '../cluster/ports.ts';
import type { StartOptions } from '../cluster/start-cluster.ts';
import type { ReadyEngine } from '../engine/install-engine.ts';
import type { Terminal } from '../output/terminal.ts';
import type { UpOptions } from './up-options.ts';

const defaultNodes = 3;
const defaultApiPort = 6443;
const defaultDashboardPort = 8080;

/** What a start is about, from the options and the earlier cluster: sizes of nodes, and ports that are free now. */
export async function chooseStart(
  terminal: Terminal,
  engine: ReadyEngine,
  options: UpOptions,
  earlier: ClusterState | undefined,
): Promise<StartOptions> {
  const { dataDir, nodeCpu, nodeMemory, hpaSyncPeriodSeconds } = options;
  const { nodes: count, address, fallbackPort } = placeOf(options, earlier);
  const nodes = planNodeSizes(terminal, engine.info, {
    count,
    ...(nodeCpu === undefined ? {} : { cpu: nodeCpu }),
    ...(nodeMemory === undefined ? {} : { memory: nodeMemory }),
  });
  const port = await choosePort(terminal, {
    purpose: 'API',
    option: '--port',
    address,
    wanted: options.port,
    fallback: fallbackPort,
  });
  const dashboardPort = await choosePort(terminal, {
    purpose: 'dashboard',
    option: '--dashboard-port',
    address: '127.0.0.1',
    wanted: options.dashboardPort,
    fallback: earlier?.dashboardPort ?? defaultDashboardPort,
  });
  const ingress = await chooseIngressPorts(terminal, options, { address, earlier: earlier?.ingress });
  return { dataDir, engine, nodes, address, port, dashboardPort, ingress, earlier, hpaSyncPeriodSeconds };
}

/** What is not said is as it was: hosts that joined look for the API where they found it first. */
export function placeOf(
  options: Pick<UpOptions, 'nodes' | 'address'>,
  earlier: ClusterState | undefined,
): { nodes: number; address: string; fallbackPort: number } {
  return {
    nodes: options.nodes ?? earlier?.nodes.length ?? defaultNodes,
    address: options.address ?? (earlier ? hostOf(earlier.server) : '127.0.0.1'),
    fallbackPort: earlier ? Number(new URL(earlier.server).port || 443) : defaultApiPort,
  };
}

async function chooseIngressPorts(
  terminal: Terminal,
  { ingressPort, ingressTlsPort }: UpOptions,
  { address, earlier = defaultIngress }: { address: string; earlier: ClusterState['ingress'] | undefined },
): Promise<NonNullable<ClusterState['ingress']>> {
  const choice = { address, purpose: 'Ingresses' };
  return {
    httpPort: await choosePort(terminal, {
      ...choice,
      option: '--ingress-port',
      wanted: ingressPort,
      fallback: earlier.httpPort,
    }),
    httpsPort: await choosePort(terminal, {
      ...choice,
      option: '--ingress-tls-port',
      wanted: ingressTlsPort,
      fallback: earlier.httpsPort,
    }),
  };
}
