import { networkInterfaces } from 'node:os';
import { uplinkMtu, vxlanOverhead } from './link-mtu.ts';
import type { NetworkNames } from './names.ts';
import { mustRunTool, runTool } from './run-tool.ts';
import { ToolBatch } from './tool-batch.ts';

/** Linux' own default, which Docker's overlay networks do not use. */
const port = 8472;

/** Another host's end of the tunnel. */
export interface TunnelPeer {
  readonly hostIP: string;
  /** The gateway of the pods behind it. */
  readonly gateway: string;
  readonly vni: number;
}

interface LinkAnswer {
  readonly linkinfo?: {
    readonly info_data?: { readonly id?: number; readonly local?: string; readonly port?: number };
  };
}

interface FdbAnswer {
  readonly mac: string;
  readonly dst?: string;
  readonly vni?: number;
}

/**
 * The node's VXLAN device: no flooding and no learning, each peer is an entry of its forwarding table. Every node has a
 * network identifier of its own, so that several nodes of one host each have a device; who sends names the receiver's.
 */
export class Tunnel {
  readonly #names: NetworkNames;
  readonly #gateway: string;
  readonly #ip: ToolBatch;
  readonly #bridge = new ToolBatch('bridge');

  constructor(names: NetworkNames, gateway: string, ip: ToolBatch) {
    this.#names = names;
    this.#gateway = gateway;
    this.#ip = ip;
  }

  /** Makes the device and its peers what they should be. Repeatable. */
  async ensure(hostIP: string, peers: readonly TunnelPeer[]): Promise<void> {
    await this.#ensureLink(hostIP);
    const link = this.#names.vxlanLink;
    const present = JSON.parse(await mustRunTool('bridge', ['-json', 'fdb', 'show', 'dev', link])) as FdbAnswer[];
    const wanted = new Map(peers.map((peer) => [macOf(peer.gateway), peer]));
    const stale = present.filter(({ mac, dst }) => dst !== undefined && !wanted.has(mac));
    const missing = [...wanted].filter(
      ([mac, peer]) =>
        !present.some((entry) => entry.mac === mac && entry.dst === peer.hostIP && entry.vni === peer.vni),
    );
    await this.#bridge.run([
      ...stale.map(({ mac }) => `-fdb delete ${mac} dev ${link} self`),
      ...missing.map(
        ([mac, { hostIP: dst, vni }]) => `fdb replace ${mac} dev ${link} dst ${dst} vni ${vni} self permanent`,
      ),
    ]);
    await this.#ip.run([
      ...stale.map(({ mac }) => `-neighbour delete ${gatewayOfMac(mac)} dev ${link}`),
      ...missing.map(([mac, { gateway }]) => `neighbour replace ${gateway} lladdr ${mac} dev ${link} nud permanent`),
    ]);
  }

  async remove(): Promise<void> {
    await this.#ip.run([`-link delete dev ${this.#names.vxlanLink}`]);
  }

  async #ensureLink(hostIP: string): Promise<void> {
    const link = this.#names.vxlanLink;
    const vni = this.#names.vni;
    // An address that the host only has to others (behind a translator) cannot be sent from.
    const isLocal = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === hostIP));
    const local = isLocal ? hostIP : undefined;
    const { exitCode, stdout } = await runTool('ip', ['-json', '-details', 'link', 'show', 'dev', link]);
    const data = exitCode === 0 ? (JSON.parse(stdout) as LinkAnswer[])[0]?.linkinfo?.info_data : undefined;
    if (data && (data.id !== vni || data.local !== local || data.port !== port)) await this.remove();
    const mtu = (await uplinkMtu()) - vxlanOverhead;
    const settings = `id ${vni} dstport ${port} nolearning${local === undefined ? '' : ` local ${local}`}`;
    await this.#ip.run([
      `-link add ${link} mtu ${mtu} address ${macOf(this.#gateway)} type vxlan ${settings}`,
      `link set dev ${link} up`,
    ]);
  }
}

/** A locally administered address that tells the gateway's: nobody has to be asked for it. */
function macOf(gateway: string): string {
  const bytes = gateway.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return ['0e', '67', ...bytes].join(':');
}

function gatewayOfMac(mac: string): string {
  return mac
    .split(':')
    .slice(2)
    .map((part) => Number.parseInt(part, 16))
    .join('.');
}
