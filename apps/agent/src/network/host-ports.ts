import type { ContainerPort, Pod } from '@gantry/api-types';
import type { NftTable } from './nft.ts';
import { type PortReservation, reservePort } from './reserve-port.ts';

interface HostPort {
  /** Empty for all addresses of the host. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

/** As numbers: nft knows the names from a file that small hosts lack. */
const protocolNumbers = { tcp: 6, udp: 17, sctp: 132 } as const;

interface Published {
  readonly ip: string;
  readonly ports: readonly HostPort[];
}

/**
 * Host ports of pods as elements of maps in the node's table: traffic to such a port of the host goes to the pod. A
 * socket holds each port meanwhile, so that no program of the host and no pod of another node on it has it too.
 */
export class HostPorts {
  readonly #table: NftTable;
  readonly #reserved = new Map<string, readonly PortReservation[]>();
  readonly #published = new Map<string, Published>();

  constructor(table: NftTable) {
    this.#table = table;
  }

  /** Takes the pod's ports. Rejects, having taken none, where one of them is in use; the message names it. */
  async reserve(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    if (this.#reserved.has(uid)) return;
    const held: PortReservation[] = [];
    refuseIpv6(pod);
    try {
      for (const port of hostPortsOf(pod)) held.push(await reservePort(port.protocol, port.hostIp, port.hostPort));
    } catch (error) {
      for (const reservation of held) reservation.close();
      throw error;
    }
    this.#reserved.set(uid, held);
  }

  /** Leads the pod's host ports to its address; takes them first, where {@link reserve} was not called. */
  async publish(pod: Pod, ip: string): Promise<void> {
    const { uid } = pod.metadata;
    const ports = hostPortsOf(pod);
    if (ports.length === 0 || this.#published.get(uid)?.ip === ip) return;
    await this.reserve(pod);
    this.#published.set(uid, { ip, ports });
    try {
      await this.write();
    } catch (error) {
      this.#published.delete(uid);
      throw error;
    }
  }

  async withdraw(podUid: string): Promise<void> {
    if (this.#published.delete(podUid)) await this.write();
    for (const reservation of this.#reserved.get(podUid) ?? []) reservation.close();
    this.#reserved.delete(podUid);
  }

  /** Writes what is published, and nothing else, into the table. Connections that stand are not touched. */
  async write(): Promise<void> {
    const { ref } = this.#table;
    const lines = [`flush map ${ref} hostports`, `flush map ${ref} hostports_by_ip`, `flush set ${ref} hairpins`];
    for (const { ip, ports } of this.#published.values()) {
      lines.push(`add element ${ref} hairpins { ${ip} . ${ip} }`);
      for (const { hostIp, protocol, hostPort, containerPort } of ports) {
        const target = `${protocolNumbers[protocol]} . ${hostPort} : ${ip} . ${containerPort}`;
        if (hostIp === '') lines.push(`add element ${ref} hostports { ${target} }`);
        else lines.push(`add element ${ref} hostports_by_ip { ${hostIp} . ${target} }`);
      }
    }
    await this.#table.apply(lines.join('\n'));
  }

  /** Lets go of the sockets; the rules stay, so that traffic goes on while the agent is replaced. */
  close(): void {
    for (const reservation of [...this.#reserved.values()].flat()) reservation.close();
    this.#reserved.clear();
  }
}

/** Whether the pod asks for a port of its host. */
export function hasHostPorts(pod: Pod): boolean {
  return hostPortsOf(pod).length > 0;
}

function hostPortsOf(pod: Pod): HostPort[] {
  return containerPorts(pod).flatMap(hostPortOf);
}

function containerPorts(pod: Pod): ContainerPort[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(({ ports }) => ports ?? []);
}

/** Pods have no IPv6 addresses that such a port could lead to. */
function refuseIpv6(pod: Pod): void {
  const found = containerPorts(pod).find(({ hostPort, hostIP = '' }) => hostPort && isIpv6(hostIP));
  if (!found) return;
  const message = `host port [${found.hostIP}]:${found.hostPort} cannot lead to the pod, which has no IPv6 address`;
  throw new Error(`${message}: leave hostIP out, or name an IPv4 address`);
}

function isIpv6(hostIP: string): boolean {
  return hostIP.includes(':') && !allAddresses.has(hostIP);
}

const allAddresses: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

function hostPortOf({ hostPort, hostIP = '', containerPort, protocol = 'TCP' }: ContainerPort): HostPort[] {
  const name = protocol.toLowerCase();
  if (!hostPort || (name !== 'tcp' && name !== 'udp' && name !== 'sctp')) return [];
  return [{ hostIp: allAddresses.has(hostIP) ? '' : hostIP, hostPort, containerPort, protocol: name }];
}
