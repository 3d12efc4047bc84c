import {
  ApiError,
  isApiError,
  type NewObject,
  type Node,
  type NodeCondition,
  type NodeStatus,
} from '@gantry/api-types';
import { formatIngressAnnotation, ingressAnnotation } from '@gantry/api-types/ingress-config';
import type { NodeRegistration } from '@gantry/api-types/protocol';
import type { ApiClient, Clock, Informer } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { nextPodCidr } from '@gantry/core/network/pod-cidr';
import { annotations } from '@gantry/core/volumes/names';

export interface NodeRegistrarOptions {
  readonly client: ApiClient;
  readonly nodes: Informer<Node>;
  readonly clock: Clock;
  /** The range that nodes' pod CIDRs are cut from, e.g. `10.244.0.0/16`. */
  readonly clusterCidr: string;
  /** Prefix length of one node's pod CIDR, e.g. 24. */
  readonly nodeCidrMask: number;
}

/** Writes Node objects for the agents: what a kubelet writes about itself. */
export class NodeRegistrar {
  readonly #options: NodeRegistrarOptions;
  /** Registrations run one after another: two new nodes must not be given the same pod CIDR. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: NodeRegistrarOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    await this.#turn;
  }

  /** Creates or refreshes the Node and its status. Rejects with `ApiError`. */
  register(nodeName: string, registration: NodeRegistration): Promise<Node> {
    const result = this.#turn.then(() => this.#register(nodeName, registration));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #register(nodeName: string, registration: NodeRegistration): Promise<Node> {
    const { client } = this.#options;
    const maxAttempts = 10;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const node = await this.#ensureNode(nodeName, registration);
        const status = planNodeStatus(node.status, registration, new Date(this.#options.clock.now()));
        return await client.updateStatus('nodes', { ...node, status });
      } catch (error) {
        if (attempt >= maxAttempts || !isApiError(error, 'Conflict', 'NotFound', 'AlreadyExists')) throw error;
      }
    }
  }

  async #ensureNode(nodeName: string, registration: NodeRegistration): Promise<Node> {
    const { client, nodes } = this.#options;
    const node = nodes.lister.get(nodeName);
    if (!node) return client.create('nodes', this.#newNode(nodeName, registration));
    const labels = { ...node.metadata.labels, ...registration.labels };
    const noted = annotationsOf(registration, node.metadata.annotations);
    const isSame =
      Object.entries(labels).every(([key, value]) => node.metadata.labels?.[key] === value) &&
      isSemanticallyEqual(noted, node.metadata.annotations ?? {});
    if (isSame && node.spec.podCIDR) return node;
    const podCIDR = node.spec.podCIDR ?? this.#freePodCidr();
    return client.update('nodes', {
      ...node,
      metadata: { ...node.metadata, labels, annotations: noted },
      spec: { ...node.spec, podCIDR, podCIDRs: [podCIDR] },
    });
  }

  #newNode(nodeName: string, registration: NodeRegistration): NewObject<Node> {
    const podCIDR = this.#freePodCidr();
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: nodeName, labels: { ...registration.labels }, annotations: annotationsOf(registration) },
      spec: {
        podCIDR,
        podCIDRs: [podCIDR],
        ...(registration.taints?.length ? { taints: [...registration.taints] } : {}),
      },
    };
  }

  #freePodCidr(): string {
    const { clusterCidr, nodeCidrMask, nodes } = this.#options;
    const taken = nodes.lister.list().flatMap((node) => node.spec.podCIDR ?? []);
    const free = nextPodCidr(clusterCidr, nodeCidrMask, taken);
    if (free) return free;
    throw new ApiError(
      'Forbidden',
      `no pod CIDR is free: ${clusterCidr} holds no more /${nodeCidrMask} ranges; remove a node or start the controller with a larger --cluster-cidr`,
    );
  }
}

/** What the agent says beside its status. Other annotations stay; the proxy's goes where there is none any more. */
function annotationsOf(
  { ingress, claimsDirectory }: NodeRegistration,
  previous: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { [ingressAnnotation]: _, ...others } = previous;
  return {
    ...others,
    ...(ingress ? { [ingressAnnotation]: formatIngressAnnotation(ingress) } : {}),
    ...(claimsDirectory === undefined ? {} : { [annotations.claimsDirectory]: claimsDirectory }),
  };
}

/**
 * The Node's status after a registration. Pure; transition times change only when a condition flips, and conditions
 * that the agent does not report (another writer's) stay.
 */
export function planNodeStatus(previous: NodeStatus, registration: NodeRegistration, now: Date): NodeStatus {
  const at = `${now.toISOString().slice(0, 19)}Z`;
  const ready: Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'> = registration.notReadyReason
    ? { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: registration.notReadyReason }
    : { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'gantry agent is posting ready status' };
  const reported = [...registration.conditions, ready];
  const others = (previous.conditions ?? []).filter(
    ({ type }) => !reported.some((condition) => condition.type === type),
  );
  const conditions = reported.map((condition): NodeCondition => {
    const before = previous.conditions?.find((c) => c.type === condition.type);
    const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? at) : at;
    return { ...condition, lastHeartbeatTime: at, lastTransitionTime };
  });
  return {
    ...previous,
    capacity: { ...registration.capacity },
    allocatable: { ...registration.allocatable },
    addresses: [...registration.addresses],
    nodeInfo: registration.nodeInfo,
    images: [...registration.images],
    conditions: [...others, ...conditions],
  };
}
