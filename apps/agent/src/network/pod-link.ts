import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { PodBandwidth } from '@gantry/core/network/bandwidth';
import { limitBandwidth } from './bandwidth.ts';
import type { NetworkNamespace } from './container-namespace.ts';
import { type NetworkNames, podLinkName } from './names.ts';
import { mustRunTool } from './run-tool.ts';
import type { ToolBatch } from './tool-batch.ts';

/** What every host end answers to; pods know it beforehand, so that nobody needs to ask for the gateway's address. */
const gatewayMac = 'ee:ee:ee:ee:ee:ee';

export interface PodLinkFacts {
  readonly names: NetworkNames;
  readonly gateway: string;
  readonly mtu: number;
}

export interface PodAddress {
  readonly ip: string;
  /** Whose namespace it is: the link carries it, so that a later look tells it from another container's. */
  readonly containerId: string;
  /** For people who look at the links of the host. */
  readonly podName: string;
  readonly bandwidth: PodBandwidth;
  /** Whether the host's loopback address leads to the pod, for its host ports. */
  readonly isReachedFromLoopback: boolean;
}

/**
 * A pod's way out: a veth pair whose one end is `eth0` in the pod's namespace and whose other end, on the host, takes
 * just this pod's traffic. The pod has its address alone (/32) and sends everything to the gateway, so that traffic
 * between pods of one node is routed like any other: the host's packet filter sees it without `br_netfilter`, and there
 * is no bridge that a pod could put a false address on.
 */
export class PodLinks {
  readonly #facts: PodLinkFacts;
  readonly #batch: ToolBatch;

  constructor(facts: PodLinkFacts, batch: ToolBatch) {
    this.#facts = facts;
    this.#batch = batch;
  }

  /** Whether the container's namespace has its link, complete: the host's end comes up last. */
  isAttached(address: PodAddress): boolean {
    const name = podLinkName(this.#facts.names, address.ip);
    return readLink(name, 'ifalias').startsWith(shortId(address)) && readLink(name, 'operstate') === 'up';
  }

  /**
   * Gives the namespace the address; what is left of an earlier attempt, or of an earlier container with the address,
   * goes first. Killed in between, it may simply be called again.
   */
  async attach(address: PodAddress, namespace: NetworkNamespace): Promise<void> {
    const { names, gateway } = this.#facts;
    const name = podLinkName(names, address.ip);
    if (linkExists(name)) await this.detach(address.ip);
    await this.#configureInside(address, namespace).catch(async (error: Error) => {
      // A link of an attempt that a dead agent left in the namespace, or one whose namespace is just going.
      if (!/File exists/.test(error.message)) throw error;
      await this.#clear(name, namespace);
      await this.#configureInside(address, namespace);
    });
    if (address.isReachedFromLoopback) await writeFile(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1');
    await limitBandwidth(name, namespace, address.bandwidth);
    await this.#batch.run([
      `link set dev ${name} up alias "${shortId(address)} ${address.podName}"`,
      `route replace ${address.ip}/32 dev ${name} src ${gateway}`,
    ]);
  }

  /** Removes the link and with it the route. Does nothing where there is none. */
  async detach(ip: string): Promise<void> {
    const name = podLinkName(this.#facts.names, ip);
    if (linkExists(name)) await this.#batch.run([`-link delete dev ${name}`]);
  }

  async #configureInside({ ip }: PodAddress, namespace: NetworkNamespace): Promise<void> {
    const { names, gateway, mtu } = this.#facts;
    const peer = `peer name ${podLinkName(names, ip)} mtu ${mtu} address ${gatewayMac} netns /proc/${process.pid}/ns/net`;
    await runInside(namespace, [
      `link add eth0 mtu ${mtu} type veth ${peer}`,
      'link set dev lo up',
      `address add ${ip}/32 dev eth0`,
      'link set dev eth0 up',
      `neighbour replace ${gateway} lladdr ${gatewayMac} dev eth0 nud permanent`,
      `route add default via ${gateway} dev eth0 onlink`,
    ]);
  }

  async #clear(name: string, namespace: NetworkNamespace): Promise<void> {
    await this.#batch.run([`-link delete dev ${name}`]);
    await runInside(namespace, ['link delete dev eth0']).catch(() => undefined);
  }
}

async function runInside({ fd }: NetworkNamespace, lines: readonly string[]): Promise<void> {
  const input = `${lines.join('\n')}\n`;
  await mustRunTool('nsenter', ['--net=/proc/self/fd/3', 'ip', '-batch', '-'], { input, fd });
}

function shortId({ containerId }: PodAddress): string {
  return containerId.slice(0, 12);
}

function linkExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

function readLink(name: string, attribute: string): string {
  try {
    return readFileSync(`/sys/class/net/${name}/${attribute}`, 'utf8').trim();
  } catch {
    // There is no such link.
    return '';
  }
}
