import { keyOf, type NetworkPolicy, type ObjectKey, type Pod } from '@gantry/api-types';
import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import type { Clock, InformerEvent, InformerSource } from '@gantry/core';
import {
  looksBeyondItsNamespace,
  type PolicyPod,
  type PolicyWorld,
  resolvePolicy,
} from '@gantry/core/network/network-policy';

type Sink = (policies: readonly ResolvedPolicy[]) => void;

interface Subscriber {
  readonly nodeName: string;
  readonly sink: Sink;
  /** What it was sent last: the very objects, so that equality is cheap. */
  sent: readonly ResolvedPolicy[];
}

/** Changes that come together (a roll-out, a namespace that is deleted) are resolved together. */
const gatherMs = 20;

/**
 * Keeps every NetworkPolicy resolved to addresses and tells each connected node those of the namespaces it has pods
 * of. Nothing but a count is kept of pods while there are no policies.
 */
export class PolicyFeed {
  readonly #informers: InformerSource;
  readonly #clock: Clock;
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #policies = new Map<ObjectKey, { readonly source: NetworkPolicy; resolved: ResolvedPolicy; text: string }>();
  readonly #dirty = new Set<ObjectKey>();
  /** node -> namespace -> how many of its pods are there. */
  readonly #namespacesOf = new Map<string, Map<string, number>>();
  readonly #stops: (() => void)[];
  #cancelTimer: (() => void) | undefined;

  constructor(informers: InformerSource, clock: Clock) {
    this.#informers = informers;
    this.#clock = clock;
    this.#stops = [
      informers.informer('pods').onEvent((event) => this.#onPod(event)),
      informers.informer('networkpolicies.networking.k8s.io').onEvent((event) => this.#mark(keyOf(event.object))),
      informers.informer('namespaces').onEvent(({ type, object, previous }) => {
        if (type === 'modified' && sameLabels(object.metadata.labels, previous?.metadata.labels)) return;
        this.#markAffected(undefined);
      }),
    ];
  }

  /** Calls `sink` with all policies of the node at once, and again whenever they change, until the function is called. */
  subscribe(nodeName: string, sink: Sink): () => void {
    this.#resolveDirty();
    const subscriber: Subscriber = { nodeName, sink, sent: this.#policiesFor(nodeName) };
    this.#subscribers.set(nodeName, subscriber);
    sink(subscriber.sent);
    return () => {
      if (this.#subscribers.get(nodeName) === subscriber) this.#subscribers.delete(nodeName);
    };
  }

  stop(): void {
    this.#cancelTimer?.();
    for (const stop of this.#stops) stop();
    this.#subscribers.clear();
  }

  #onPod({ type, object, previous }: InformerEvent<Pod>): void {
    const isGone = type === 'deleted';
    const before = isGone ? placeOf(object) : previous && placeOf(previous);
    const after = isGone ? undefined : placeOf(object);
    if (before !== after) {
      if (before !== undefined) this.#count(before, object, -1);
      if (after !== undefined) this.#count(after, object, 1);
      if (this.#policies.size > 0) this.#schedule();
    }
    if (this.#policies.size === 0) return;
    if (type === 'modified' && previous && isSamePeer(object, previous)) return;
    this.#markAffected(object.metadata.namespace);
  }

  #count(node: string, { metadata }: Pod, change: 1 | -1): void {
    const counts = this.#namespacesOf.get(node) ?? new Map<string, number>();
    this.#namespacesOf.set(node, counts);
    const namespace = metadata.namespace ?? '';
    const count = (counts.get(namespace) ?? 0) + change;
    if (count > 0) counts.set(namespace, count);
    else counts.delete(namespace);
    if (counts.size === 0) this.#namespacesOf.delete(node);
  }

  #markAffected(namespace: string | undefined): void {
    for (const [key, { source }] of this.#policies)
      if (source.metadata.namespace === namespace || looksBeyondItsNamespace(source)) this.#mark(key);
  }

  #mark(key: ObjectKey): void {
    this.#dirty.add(key);
    this.#schedule();
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#clock.setTimer(() => {
      this.#cancelTimer = undefined;
      this.#resolveDirty();
      for (const subscriber of this.#subscribers.values()) this.#send(subscriber);
    }, gatherMs);
  }

  #send(subscriber: Subscriber): void {
    const policies = this.#policiesFor(subscriber.nodeName);
    const { sent } = subscriber;
    if (policies.length === sent.length && policies.every((policy, i) => policy === sent[i])) return;
    subscriber.sent = policies;
    subscriber.sink(policies);
  }

  #policiesFor(nodeName: string): readonly ResolvedPolicy[] {
    const namespaces = this.#namespacesOf.get(nodeName);
    if (!namespaces) return [];
    return [...this.#policies.values()].flatMap(({ resolved }) =>
      namespaces.has(resolved.namespace) ? [resolved] : [],
    );
  }

  #resolveDirty(): void {
    const { lister } = this.#informers.informer('networkpolicies.networking.k8s.io');
    for (const key of this.#dirty) {
      const source = lister.get(key);
      if (!source) {
        this.#policies.delete(key);
        continue;
      }
      const resolved = resolvePolicy(source, this.#world);
      const text = JSON.stringify(resolved);
      const known = this.#policies.get(key);
      // The same object where nothing changed for the nodes.
      const isSame = known?.text === text;
      this.#policies.set(key, { source, text, resolved: isSame ? known.resolved : resolved });
    }
    this.#dirty.clear();
  }

  readonly #world: PolicyWorld = {
    podsIn: (namespace) =>
      this.#informers
        .informer('pods')
        .lister.list(namespace)
        .flatMap((pod) => toPeer(pod) ?? []),
    namespaces: () =>
      this.#informers
        .informer('namespaces')
        .lister.list()
        .map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels })),
  };
}

function placeOf(pod: Pod): string | undefined {
  return pod.spec.nodeName || undefined;
}

/** Undefined for pods that have no address of their own, or none any more. */
function toPeer({ metadata, spec, status }: Pod): PolicyPod | undefined {
  const ips = status.podIPs?.flatMap(({ ip }) => ip ?? []) ?? (status.podIP ? [status.podIP] : []);
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (ips.length === 0 || hasEnded || spec.hostNetwork) return undefined;
  return { namespace: metadata.namespace ?? '', labels: metadata.labels, ips, ports: namedPorts(spec) };
}

/** The ports that have names, as policies refer to them. */
function namedPorts(spec: Pod['spec']): PolicyPod['ports'] {
  return spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, protocol = 'TCP', containerPort }) =>
      name ? [{ name, protocol, port: containerPort }] : [],
    ),
  );
}

function isSamePeer(a: Pod, b: Pod): boolean {
  return (
    a.status.podIP === b.status.podIP &&
    a.status.phase === b.status.phase &&
    sameLabels(a.metadata.labels, b.metadata.labels)
  );
}

function sameLabels(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
