import type { Logger } from '@gantry/core';
import { cgroupDirectory, cgroupLayout, containerCgroup } from '../cgroups/cgroup-paths.ts';
import { type NodeIdentity, networkName, nodeLabels } from '../pod/labels.ts';
import type { ContainerRuntime, EngineInfo } from '../runtime/container-runtime.ts';
import { EngineBridgeNetwork } from './engine-bridge-network.ts';
import { gatewayOf } from './gateway.ts';
import { linkMtu } from './link-mtu.ts';
import { type NetworkNames, networkNames } from './names.ts';
import type { NetworkMode } from './network-mode.ts';
import { NftTable } from './nft.ts';
import { PlumbedNetwork } from './plumbed-network.ts';
import { findPlumbingProblem } from './plumbing-problem.ts';
import type { PodNetwork } from './pod-network.ts';

/** What the agent has on the host where it connects pods itself. */
export interface Plumbing {
  readonly names: NetworkNames;
  readonly table: NftTable;
  readonly podCidr: string;
  /** The host as its pods see it. */
  readonly gateway: string;
  /** Makes what the pods share anew: the host's firewall may have been reloaded. */
  refresh(): Promise<void>;
}

export interface OpenedNetwork {
  readonly network: PodNetwork;
  /** Undefined where the engine's bridge connects the pods. */
  readonly plumbing: Plumbing | undefined;
}

export interface PodNetworkSettings {
  readonly mode: NetworkMode;
  readonly runtime: ContainerRuntime;
  readonly engine: EngineInfo;
  readonly identity: NodeIdentity;
  readonly podCidr: string;
  readonly logger: Logger;
  readonly cgroupParentOf: (podUid: string) => string | undefined;
}

/** The network of the node's pods: plumbed by the agent where it may, the engine's bridge elsewhere; says which and why. */
export async function openPodNetwork(settings: PodNetworkSettings): Promise<OpenedNetwork> {
  const { mode, runtime, engine, identity, podCidr, logger } = settings;
  const problem = mode === 'engine' ? 'it was asked for (--network-mode engine)' : await findProblem(settings);
  if (problem !== undefined) {
    const effects = 'pods reach pods of this host only; no Services, no bandwidth limits';
    logger.warn({ reason: problem }, `pods are connected by the engine's bridge: ${effects}`);
    const spec = { name: networkName(identity), subnet: podCidr, labels: nodeLabels(identity) };
    return { network: new EngineBridgeNetwork({ runtime, spec }), plumbing: undefined };
  }
  // Of an agent that could not plumb, or did not know how to: nobody is on it.
  await runtime.removeNetworks(nodeLabels(identity));
  const names = networkNames(identity);
  const table = new NftTable(names.table);
  const layout = cgroupLayout(engine);
  const network = new PlumbedNetwork({
    names,
    podCidr,
    table,
    logger,
    mtu: await linkMtu(mode),
    procsFileOf: (podUid, id) =>
      `${cgroupDirectory(layout, 'cpu', containerCgroup(layout, id, settings.cgroupParentOf(podUid)))}/cgroup.procs`,
    pidOf: async (id) => (await runtime.inspectContainer(id))?.pid || undefined,
  });
  const refresh = () => {
    network.doubt();
    return network.ensure();
  };
  return { network, plumbing: { names, table, podCidr, gateway: gatewayOf(podCidr), refresh } };
}

async function findProblem({ runtime, engine, identity }: PodNetworkSettings): Promise<string | undefined> {
  const problem = await findPlumbingProblem(engine, await runtime.bridgeSubnets());
  if (problem !== undefined) return problem;
  const containers = await runtime.listContainers(nodeLabels(identity));
  const isOnBridge = containers.some(({ state, network }) => state === 'running' && network === 'bridge');
  return isOnBridge
    ? 'containers that run are on it; it is left for good once none is at a start of the agent'
    : undefined;
}
