import { createHash } from 'node:crypto';
import type { Container, Pod } from '@gantry/api-types';
import { sandboxName } from './pod-containers.ts';

/** The labels by which an agent knows its own containers and networks again. */
export const labelKeys = {
  cluster: 'io.gantry.cluster',
  node: 'io.gantry.node',
  podUid: 'io.gantry.pod.uid',
  podName: 'io.gantry.pod.name',
  podNamespace: 'io.gantry.pod.namespace',
  podIp: 'io.gantry.pod.ip',
  container: 'io.gantry.container',
  attempt: 'io.gantry.attempt',
  hash: 'io.gantry.hash',
  /** `sandbox` for a pod's pause container, `container` for the others. */
  type: 'io.gantry.type',
  /** The id of the pause container (for an ephemeral container: of whichever it was) whose namespaces it joined. */
  sandboxId: 'io.gantry.sandbox.id',
} as const;

/** Which agent: the cluster's id and the node's name. */
export interface NodeIdentity {
  readonly cluster: string;
  readonly node: string;
}

/** What everything that one agent makes on its engine carries. */
export function nodeLabels(identity: NodeIdentity): Record<string, string> {
  return { [labelKeys.cluster]: identity.cluster, [labelKeys.node]: identity.node };
}

export interface ContainerFacts {
  readonly attempt: number;
  readonly ip: string;
  /** The pause container that it joins; empty where it has namespaces of its own. */
  readonly sandboxId: string;
}

/** All labels of one container; `io.kubernetes.*` as the kubelet wrote them, for tools that look for those. */
export function containerLabels(
  identity: NodeIdentity,
  pod: Pod,
  container: Pick<Container, 'name' | 'image'>,
  facts: ContainerFacts,
): Record<string, string> {
  const { name, uid } = pod.metadata;
  const namespace = pod.metadata.namespace ?? 'default';
  return {
    ...nodeLabels(identity),
    [labelKeys.podUid]: uid,
    [labelKeys.podName]: name,
    [labelKeys.podNamespace]: namespace,
    // The host's address is not the pod's to claim.
    ...(pod.spec.hostNetwork ? {} : { [labelKeys.podIp]: facts.ip }),
    [labelKeys.container]: container.name,
    [labelKeys.attempt]: String(facts.attempt),
    [labelKeys.hash]: hashOf(container),
    [labelKeys.type]: container.name === sandboxName ? 'sandbox' : 'container',
    ...(facts.sandboxId === '' ? {} : { [labelKeys.sandboxId]: facts.sandboxId }),
    'io.kubernetes.pod.uid': uid,
    'io.kubernetes.pod.name': name,
    'io.kubernetes.pod.namespace': namespace,
    'io.kubernetes.container.name': container.name,
    'io.kubernetes.container.restartCount': String(facts.attempt),
  };
}

/** Deterministic, so that creating the same attempt twice is a conflict and not a second container. */
export function containerName(pod: Pod, container: string, attempt: number): string {
  const { namespace = 'default', name, uid } = pod.metadata;
  return ['gantry', container, name, namespace, uid, attempt].join('_');
}

/**
 * Changes where a running container must be replaced. Only the image of a container may change in a pod's life, and
 * hashing more would restart everything when a newer controller fills in a default.
 */
export function hashOf(container: Pick<Container, 'name' | 'image'>): string {
  return createHash('sha256').update(`${container.name}\n${container.image}`).digest('hex').slice(0, 16);
}

/** The name of the node's bridge network. */
export function networkName(identity: NodeIdentity): string {
  return `gantry-${identity.cluster}-${identity.node}`;
}
