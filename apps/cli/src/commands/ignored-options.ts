import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { ClusterState } from '../cluster/cluster-state.ts';
import { hostOf } from '../cluster/ended-agents.ts';
import type { UpOptions } from './up-options.ts';

/**
 * The options, each with its value as on a command line, that ask for something else than the running cluster has. Those
 * of which it is not known what the cluster has are among them.
 */
export function ignoredOptions(options: UpOptions, state: ClusterState): readonly string[] {
  const { server, dashboardPort, ingress, nodes } = state;
  const hasCpu = (text: string) => nodes.every(({ cpu }) => isSame(parseCpuMilli, text, cpu));
  const hasMemory = (text: string) => nodes.every(({ memory }) => isSame(parseBytes, text, memory));
  const wanted: readonly (readonly [option: string, value: string | number | undefined, isSo: boolean])[] = [
    ['--nodes', options.nodes, options.nodes === nodes.length],
    ['--node-cpu', options.nodeCpu, hasCpu(options.nodeCpu ?? '')],
    ['--node-memory', options.nodeMemory, hasMemory(options.nodeMemory ?? '')],
    ['--address', options.address, options.address === hostOf(server)],
    ['--port', options.port, options.port === Number(new URL(server).port || 443)],
    ['--dashboard-port', options.dashboardPort, options.dashboardPort === dashboardPort],
    ['--ingress-port', options.ingressPort, options.ingressPort === ingress?.httpPort],
    ['--ingress-tls-port', options.ingressTlsPort, options.ingressTlsPort === ingress?.httpsPort],
    ['--hpa-sync-period', options.hpaSyncPeriodSeconds, false],
  ];
  const ignored = wanted.flatMap(([option, value, isSo]) => (value === undefined || isSo ? [] : `${option} ${value}`));
  return options.keepsContainers ? [...ignored, '--keep'] : ignored;
}

function isSame(parse: (text: string) => number, wanted: string, has: string | undefined): boolean {
  try {
    return has !== undefined && parse(wanted) === parse(has);
  } catch {
    // No quantity at all: it is not what the cluster has.
    return false;
  }
}
