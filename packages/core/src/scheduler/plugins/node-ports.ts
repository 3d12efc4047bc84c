import { feasible, type NodeFilterPlugin, unschedulable } from '../framework.ts';
import { type NodeInfo, portKey } from '../node-info.ts';
import type { HostPort } from '../pod-classes.ts';

/** Refuses nodes where a host port the pod asks for is taken on the same address (or on all addresses). */
export const nodePorts: NodeFilterPlugin = {
  name: 'NodePorts',
  dependsOn: 'pods',
  filter: (pod, node) => {
    const taken = pod.hostPorts.find((port) => isTaken(port, node));
    return taken
      ? unschedulable(
          "node(s) didn't have free ports for the requested pod ports",
          `host port ${taken.port}/${taken.protocol} is taken`,
        )
      : feasible;
  },
};

function isTaken(port: HostPort, node: NodeInfo): boolean {
  const addresses = node.usedPorts.get(portKey(port));
  if (!addresses) return false;
  return port.address === '0.0.0.0' || addresses.has('0.0.0.0') || addresses.has(port.address);
}
