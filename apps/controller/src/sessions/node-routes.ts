import type { Node } from '@gantry/api-types';
import type { ControllerFrame, NodeRoute } from '@gantry/api-types/protocol';
import type { Informer } from '@gantry/core';
import { zoneOf } from '@gantry/core/reconcile/zones';

type RoutesFrame = Extract<ControllerFrame, { type: 'nodeRoutes' }>;
type Sink = (frame: RoutesFrame) => void;

/**
 * Tells connected nodes where the pods of every node are, and in which zone. Nodes' statuses change often and their
 * addresses hardly ever: only the latter is told.
 */
export class NodeRoutes {
  readonly #clusterCIDR: string;
  readonly #routes = new Map<string, NodeRoute>();
  readonly #sinks = new Set<Sink>();
  readonly #stop: () => void;

  constructor(nodes: Informer<Node>, clusterCIDR: string) {
    this.#clusterCIDR = clusterCIDR;
    for (const node of nodes.lister.list()) this.#set(node);
    this.#stop = nodes.onEvent((event) => {
      const { name } = event.object.metadata;
      const change = event.type === 'deleted' ? this.#delete(name) : this.#set(event.object);
      if (change) for (const sink of this.#sinks) sink(change);
    });
  }

  /** Sends all routes (synchronously), then every change, until the returned function is called. */
  subscribe(sink: Sink): () => void {
    this.#sinks.add(sink);
    sink({ ...this.#frame([...this.#routes.values()], []), isFull: true });
    return () => this.#sinks.delete(sink);
  }

  stop(): void {
    this.#stop();
    this.#sinks.clear();
  }

  #set(node: Node): RoutesFrame | undefined {
    const { name } = node.metadata;
    const route = routeTo(node);
    if (!route) return this.#delete(name);
    const known = this.#routes.get(name);
    if (known?.podCIDR === route.podCIDR && known.hostIP === route.hostIP && known.zone === route.zone)
      return undefined;
    this.#routes.set(name, route);
    return this.#frame([route], []);
  }

  #delete(name: string): RoutesFrame | undefined {
    return this.#routes.delete(name) ? this.#frame([], [name]) : undefined;
  }

  #frame(items: readonly NodeRoute[], removed: readonly string[]): RoutesFrame {
    return { type: 'nodeRoutes', clusterCIDR: this.#clusterCIDR, isFull: false, items, removed };
  }
}

function routeTo(node: Node): NodeRoute | undefined {
  const hostIP = node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
  const { podCIDR } = node.spec;
  if (!podCIDR || !hostIP) return undefined;
  const zone = zoneOf(node);
  return { nodeName: node.metadata.name, ...(zone === undefined ? {} : { zone }), podCIDR, hostIP };
}
