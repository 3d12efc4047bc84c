import { keyOf, type ObjectKey, type PersistentVolume, type PersistentVolumeClaim, type Pod } from '@gantry/api-types';
import type { NodeObjectChange, NodeResource } from '@gantry/api-types/protocol';
import type { InformerEvent, InformerSource } from '@gantry/core';
import { referencesOf } from '@gantry/core/pod/references';
import { hostnameOf, isReclaimable } from '@gantry/core/volumes/local-volume';

/** What a node is sent where its pods refer to it. */
type Referenced = Exclude<NodeResource, 'pods' | 'services' | 'endpointslices'>;
type Sink = (changes: readonly NodeObjectChange[]) => void;

/** One node's subscription: which of its pods hold on to which object. */
interface Subscriber {
  readonly nodeName: string;
  readonly sink: Sink;
  /** `configmaps/ns/name` -> uids of the node's pods that refer to it; volumes to be removed hold themselves. */
  readonly holders: Map<string, Set<string>>;
  /** pod uid -> the references it holds. */
  readonly held: Map<string, readonly string[]>;
}

/**
 * Decides which objects each connected node is sent: its own pods, the ConfigMaps, Secrets, claims and volumes these
 * refer to, and released volumes of which it shall remove the directory.
 * One set of informer handlers serves all nodes, so that a change costs one look-up however many nodes are connected.
 */
export class NodeObjects {
  readonly #informers: InformerSource;
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #stops: (() => void)[];

  constructor(informers: InformerSource) {
    this.#informers = informers;
    this.#stops = [
      informers.informer('pods').onEvent((event) => this.#onPod(event)),
      informers.informer('configmaps').onEvent((event) => this.#onReferenced('configmaps', event)),
      informers.informer('secrets').onEvent((event) => this.#onReferenced('secrets', event)),
      informers.informer('persistentvolumeclaims').onEvent((event) => this.#onClaim(event)),
      informers.informer('persistentvolumes').onEvent((event) => this.#onVolume(event)),
    ];
  }

  /**
   * Sends the node everything it needs (synchronously), then every change, until the returned function is called.
   * Objects a pod refers to are sent before the pod.
   */
  subscribe(nodeName: string, sink: Sink): () => void {
    const subscriber: Subscriber = { nodeName, sink, holders: new Map(), held: new Map() };
    this.#subscribers.set(nodeName, subscriber);
    for (const pod of this.#informers.informer('pods').lister.list()) {
      if (pod.spec.nodeName === nodeName) this.#upsertPod(subscriber, pod);
    }
    for (const volume of this.#informers.informer('persistentvolumes').lister.list()) {
      if (hostnameOf(volume) === nodeName) this.#keepReclaimable(subscriber, volume, isReclaimable(volume));
    }
    return () => {
      if (this.#subscribers.get(nodeName) === subscriber) this.#subscribers.delete(nodeName);
    };
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#subscribers.clear();
  }

  #onPod(event: InformerEvent<Pod>): void {
    const { nodeName } = event.object.spec;
    const subscriber = nodeName === undefined ? undefined : this.#subscribers.get(nodeName);
    if (!subscriber) return;
    if (event.type !== 'deleted') return this.#upsertPod(subscriber, event.object);
    const { released } = this.#setHeld(subscriber, event.object.metadata.uid, []);
    subscriber.sink([{ resource: 'pods', deletedKey: keyOf(event.object) }, ...released.map(deletionOf)]);
  }

  #upsertPod(subscriber: Subscriber, pod: Pod): void {
    const { added, released } = this.#setHeld(subscriber, pod.metadata.uid, this.#idsOf(pod));
    subscriber.sink([...this.#presentAll(added), { resource: 'pods', object: pod }, ...released.map(deletionOf)]);
  }

  /** What the pod needs beside itself; of a claim that is bound, the volume too. */
  #idsOf(pod: Pod): string[] {
    const { configMaps, secrets, claims } = referencesOf(pod);
    const ids = [...[...configMaps].map((key) => `configmaps/${key}`), ...[...secrets].map((key) => `secrets/${key}`)];
    for (const key of claims) {
      const volume = this.#informers.informer('persistentvolumeclaims').lister.get(key)?.spec.volumeName;
      if (volume) ids.push(`persistentvolumes/${volume}`);
      ids.push(`persistentvolumeclaims/${key}`);
    }
    return ids;
  }

  /** A claim that was bound brings its volume with it. */
  #onClaim(event: InformerEvent<PersistentVolumeClaim>): void {
    const id = `persistentvolumeclaims/${keyOf(event.object)}`;
    const pods = this.#informers.informer('pods').lister;
    for (const subscriber of this.#subscribers.values()) {
      const holders = subscriber.holders.get(id);
      if (!holders) continue;
      for (const pod of pods.list(event.object.metadata.namespace)) {
        if (!holders.has(pod.metadata.uid)) continue;
        const { added, released } = this.#setHeld(subscriber, pod.metadata.uid, this.#idsOf(pod));
        subscriber.sink([...this.#presentAll(added), ...released.map(deletionOf)]);
      }
    }
    this.#onReferenced('persistentvolumeclaims', event);
  }

  #onVolume(event: InformerEvent<PersistentVolume>): void {
    const volume = event.object;
    const subscriber = this.#subscribers.get(hostnameOf(volume) ?? '');
    const isWanted = event.type !== 'deleted' && isReclaimable(volume);
    if (subscriber) this.#keepReclaimable(subscriber, volume, isWanted);
    this.#onReferenced('persistentvolumes', event);
  }

  #keepReclaimable(subscriber: Subscriber, volume: PersistentVolume, isWanted: boolean): void {
    const id = `persistentvolumes/${volume.metadata.name}`;
    const { added, released } = this.#setHeld(subscriber, id, isWanted ? [id] : []);
    if (added.length + released.length > 0) {
      subscriber.sink([...this.#presentAll(added), ...released.map(deletionOf)]);
    }
  }

  #presentAll(ids: readonly string[]): NodeObjectChange[] {
    return ids.flatMap((id) => this.#present(id) ?? []);
  }

  /**
   * Records what the pod holds now; returns what the node did not hold before and what it need not hold any more. The
   * node forgets the latter: it would not be told of changes to it, and a later pod must not be given an old version.
   */
  #setHeld(subscriber: Subscriber, podUid: string, ids: readonly string[]): { added: string[]; released: string[] } {
    const added: string[] = [];
    const released: string[] = [];
    for (const id of subscriber.held.get(podUid) ?? []) {
      if (ids.includes(id)) continue;
      const holders = subscriber.holders.get(id);
      holders?.delete(podUid);
      if (holders?.size !== 0) continue;
      subscriber.holders.delete(id);
      released.push(id);
    }
    for (const id of ids) {
      const holders = subscriber.holders.get(id);
      if (holders) holders.add(podUid);
      else {
        subscriber.holders.set(id, new Set([podUid]));
        added.push(id);
      }
    }
    if (ids.length > 0) subscriber.held.set(podUid, ids);
    else subscriber.held.delete(podUid);
    return { added, released };
  }

  #present(id: string): NodeObjectChange | undefined {
    const { resource, key } = splitId(id);
    const object = this.#informers.informer(resource).lister.get(key);
    // The informer of a resource gives objects of that resource; the union of both cannot say so.
    return object && ({ resource, object } as NodeObjectChange);
  }

  #onReferenced(resource: Referenced, event: InformerEvent<{ metadata: Pod['metadata'] }>): void {
    const key = keyOf(event.object);
    const id = `${resource}/${key}`;
    for (const subscriber of this.#subscribers.values()) {
      if (!subscriber.holders.has(id)) continue;
      if (event.type === 'deleted') subscriber.sink([{ resource, deletedKey: key }]);
      else {
        const change = this.#present(id);
        if (change) subscriber.sink([change]);
      }
    }
  }
}

function deletionOf(id: string): NodeObjectChange {
  const { resource, key } = splitId(id);
  return { resource, deletedKey: key };
}

function splitId(id: string): { resource: Referenced; key: ObjectKey } {
  const slash = id.indexOf('/');
  return { resource: id.slice(0, slash) as Referenced, key: id.slice(slash + 1) };
}
