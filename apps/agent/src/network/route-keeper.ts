import type { ControllerFrame, NodeRoute } from '@gantry/api-types/protocol';
import type { Clock, Logger } from '@gantry/core';
import { type KernelRoute, type PeerRoute, planPeerRoutes, planRouteChanges } from '@gantry/core/network/node-routes';
import type { NodeIdentity } from '../pod/labels.ts';
import { gatewayOf } from './gateway.ts';
import { networkNames } from './names.ts';
import type { NetworkMode } from './network-mode.ts';
import { writePodCidrs } from './node-rules.ts';
import type { Plumbing } from './open-pod-network.ts';
import { mustRunTool, runTool } from './run-tool.ts';
import { ToolBatch } from './tool-batch.ts';
import { Tunnel } from './tunnel.ts';

export interface RouteKeeperOptions {
  readonly identity: NodeIdentity;
  readonly hostIp: string;
  readonly mode: Exclude<NetworkMode, 'engine'>;
  readonly plumbing: Plumbing;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Somebody else may change the host's routes; the firewall may be reloaded. */
const resyncMs = 60_000;
const retryMs = 5_000;

interface RouteAnswer {
  readonly type?: string;
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}

/**
 * Keeps the host's routes to the pods of other hosts as the controller last told them: also while the controller is
 * away, and after somebody else changed them.
 */
export class RouteKeeper {
  readonly #options: RouteKeeperOptions;
  readonly #ip = new ToolBatch('ip');
  readonly #tunnel: Tunnel;
  #told: RoutesTold | undefined;
  #isDirty = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(options: RouteKeeperOptions) {
    this.#options = options;
    const { names, gateway } = options.plumbing;
    this.#tunnel = new Tunnel(names, gateway, this.#ip);
    this.#schedule(resyncMs);
  }

  /** All that the controller told so far. */
  update(told: RoutesTold): void {
    this.#told = told;
    this.#kick();
  }

  /** Resolves once nothing is under way. The routes stay. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    await this.#running;
  }

  #kick(): void {
    this.#isDirty = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      if (this.#isDirty && !this.#isStopped) this.#kick();
    });
  }

  async #loop(): Promise<void> {
    while (this.#isDirty && !this.#isStopped) {
      this.#isDirty = false;
      try {
        await this.#reconcile();
        this.#schedule(resyncMs);
      } catch (err) {
        this.#options.logger.warn({ err }, 'the routes to other hosts could not be set, trying again');
        this.#schedule(retryMs);
      }
    }
  }

  #schedule(afterMs: number): void {
    this.#cancelTimer();
    if (!this.#isStopped) this.#cancelTimer = this.#options.clock.setTimer(() => this.#kick(), afterMs);
  }

  async #reconcile(): Promise<void> {
    const { plumbing, identity, hostIp, mode } = this.#options;
    await plumbing.refresh();
    // Not told yet (or by a controller that does not): what an earlier life of this agent set stays.
    if (!this.#told) return;
    const { clusterCIDR, routes } = this.#told;
    await writePodCidrs(plumbing.table, [clusterCIDR, plumbing.podCidr, ...routes.map(({ podCIDR }) => podCIDR)]);
    const others = routes.filter(({ hostIP }) => hostIP !== hostIp);
    const onLink = await findOnLink(new Set(others.map(({ hostIP }) => hostIP)));
    const isOnLink = (ip: string) => onLink.has(ip);
    const peers = planPeerRoutes({ nodeName: identity.node, hostIP: hostIp, routes, mode, isOnLink });
    await this.#applyTunnel(peers);
    await this.#applyRoutes(peers.filter(({ by, hostIP }) => by === 'vxlan' || isOnLink(hostIP)));
    for (const { nodeName, hostIP } of peers.filter((peer) => peer.by === 'route' && !isOnLink(peer.hostIP))) {
      const reason = 'is on no network segment of this host: its pods cannot be reached with --network-mode routes';
      this.#options.logger.warn({ peer: nodeName, hostIP }, `the node ${reason}`);
    }
  }

  /** The device is there as soon as there are other hosts: one of them may send through it for reasons of its own. */
  async #applyTunnel(peers: readonly PeerRoute[]): Promise<void> {
    const { hostIp, mode, identity } = this.#options;
    if (peers.length === 0 || mode === 'routes') return this.#tunnel.remove();
    await this.#tunnel.ensure(
      hostIp,
      peers.map(({ nodeName, hostIP, podCIDR }) => ({
        hostIP,
        gateway: gatewayOf(podCIDR),
        vni: networkNames({ cluster: identity.cluster, node: nodeName }).vni,
      })),
    );
  }

  async #applyRoutes(peers: readonly PeerRoute[]): Promise<void> {
    const { names, gateway: ownGateway } = this.#options.plumbing;
    const { routeMetric, vxlanLink } = names;
    const answer = await mustRunTool('ip', ['-json', 'route', 'show', 'metric', String(routeMetric)]);
    const present = parseRoutes(answer).flatMap(({ type, dst, gateway, dev }): KernelRoute[] =>
      type === undefined && gateway !== undefined
        ? [{ destination: dst, gateway, isThroughTunnel: dev === vxlanLink }]
        : [],
    );
    const wanted = peers.map(({ podCIDR, hostIP, by }): KernelRoute => {
      const isThroughTunnel = by === 'vxlan';
      return { destination: podCIDR, gateway: isThroughTunnel ? gatewayOf(podCIDR) : hostIP, isThroughTunnel };
    });
    const { set, remove } = planRouteChanges(wanted, present);
    if (set.length + remove.length === 0) return;
    await this.#ip.run([
      ...remove.map(({ destination }) => `-route delete ${destination} metric ${routeMetric}`),
      ...set.map(({ destination, gateway, isThroughTunnel }) => {
        const through = isThroughTunnel ? ` dev ${vxlanLink} onlink src ${ownGateway}` : '';
        return `route replace ${destination} via ${gateway}${through} metric ${routeMetric}`;
      }),
    ]);
    this.#options.logger.info({ set: set.length, removed: remove.length }, 'routes to other hosts changed');
  }
}

/** What the controller has told of the nodes' pods, put together from its frames. */
export interface RoutesTold {
  readonly clusterCIDR: string;
  readonly routes: readonly NodeRoute[];
}

/** What is known after another frame. Pure. */
export function afterRoutesFrame(
  known: RoutesTold | undefined,
  frame: Extract<ControllerFrame, { type: 'nodeRoutes' }>,
): RoutesTold {
  const { clusterCIDR, items, removed, isFull } = frame;
  const gone = new Set([...removed, ...items.map(({ nodeName }) => nodeName)]);
  const kept = isFull ? [] : (known?.routes ?? []).filter(({ nodeName }) => !gone.has(nodeName));
  return { clusterCIDR, routes: [...kept, ...items] };
}

/** Those of the addresses that are reached without a gateway. */
async function findOnLink(addresses: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (addresses.size === 0) return new Set();
  const input = [...addresses].map((address) => `route get ${address}\n`).join('');
  // Where there is no route at all, `ip` says so and goes on.
  const { stdout } = await runTool('ip', ['-json', '-force', '-batch', '-'], { input });
  return new Set(parseRoutes(stdout).flatMap(({ dst, gateway }) => (gateway === undefined ? [dst] : [])));
}

/** Each command of a batch answers with an array of its own. */
function parseRoutes(text: string): RouteAnswer[] {
  return text
    .split(/(?<=\])\s*(?=\[)/)
    .filter((part) => part.trim() !== '')
    .flatMap((part) => JSON.parse(part) as RouteAnswer[]);
}
