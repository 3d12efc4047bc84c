import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Pod, PodStatus, Secret } from '@gantry/api-types';
import { keyOf, type ObjectKey, objectKey } from '@gantry/api-types';
import type {
  AgentFrame,
  EventReport,
  NodeEventReport,
  NodeObjectChange,
  PodReference,
  VolumeReference,
} from '@gantry/api-types/protocol';
import { referencesOf } from '@gantry/core/pod/references';
import { claimKeyOf } from '@gantry/core/volumes/match-volume';
import type { PodStarts } from '../metrics/pod-starts.ts';
import type { NodeApi, PodEvent } from '../node-api.ts';
import { PolicyState } from './policy-state.ts';
import { ServiceState } from './service-state.ts';

/** Events kept while the controller is away; the oldest go first. */
const maxWaitingEvents = 1_000;

/**
 * What this node should run, as last told, and what is still to be told the controller. Survives reconnects: after one
 * the full desired state replaces what is held here, and every pod's newest status is sent again.
 */
export class NodeState implements NodeApi {
  /** The cluster's Services, which every node is told. */
  readonly services = new ServiceState();
  #pods = new Map<string, Pod>();
  #uidByKey = new Map<string, string>();
  #configMaps = new Map<string, ConfigMap>();
  #secrets = new Map<string, Secret>();
  readonly #claims = new Map<string, PersistentVolumeClaim>();
  readonly #volumes = new Map<string, PersistentVolume>();
  readonly policies = new PolicyState();
  #hasSynced = false;
  #handler: (podUid: string) => void = () => undefined;
  #onVolumes: () => void = () => undefined;
  /** While a full state arrives: the keys seen so far. */
  #arriving:
    | { uids: Set<string>; configMaps: Set<string>; secrets: Set<string>; claims: Set<string>; volumes: Set<string> }
    | undefined;

  readonly #statuses = new Map<string, { pod: PodReference; status: PodStatus }>();
  readonly #unsentStatuses = new Set<string>();
  readonly #terminated = new Map<string, PodReference>();
  readonly #unsentTerminated = new Set<string>();
  #deletedVolumes: VolumeReference[] = [];
  #events: EventReport[] = [];
  #nodeEvents: NodeEventReport[] = [];
  #onOutgoing: () => void = () => undefined;
  readonly #starts: PodStarts | undefined;

  /** `starts` is told of every status. */
  constructor(starts?: PodStarts) {
    this.#starts = starts;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  pods(): ReadonlyMap<string, Pod> {
    return this.#pods;
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#configMaps.get(objectKey(namespace, name));
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#secrets.get(objectKey(namespace, name));
  }

  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(objectKey(namespace, name));
  }

  persistentVolume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name);
  }

  persistentVolumes(): Iterable<PersistentVolume> {
    return this.#volumes.values();
  }

  /** One pod manager listens: a later one, after one that could not start, takes the place of the earlier. */
  onChange(handler: (podUid: string) => void): void {
    this.#handler = handler;
  }

  onVolumesChange(handler: () => void): void {
    this.#onVolumes = handler;
  }

  reportPodStatus(pod: Pod, status: PodStatus): void {
    const { uid } = pod.metadata;
    this.#starts?.reported(uid, status.phase);
    this.#statuses.set(uid, { pod: referenceTo(pod), status });
    this.#unsentStatuses.add(uid);
    this.#onOutgoing();
  }

  reportPodTerminated(pod: Pod): void {
    const { uid } = pod.metadata;
    this.#starts?.forget(uid);
    this.#terminated.set(uid, referenceTo(pod));
    this.#unsentTerminated.add(uid);
    this.#onOutgoing();
  }

  /** Not kept over a reconnect: the volume is named again then, and told of again. */
  reportVolumeDeleted(volume: VolumeReference): void {
    if (this.#deletedVolumes.some(({ uid }) => uid === volume.uid)) return;
    this.#deletedVolumes.push(volume);
    this.#onOutgoing();
  }

  recordEvent(event: PodEvent): void {
    const { pod, type, reason, message, fieldPath } = event;
    if (this.#events.length >= maxWaitingEvents) this.#events.shift();
    this.#events.push({
      pod: referenceTo(pod),
      type,
      reason,
      message,
      ...(fieldPath === undefined ? {} : { fieldPath }),
    });
    this.#onOutgoing();
  }

  recordNodeEvent(event: NodeEventReport): void {
    if (this.#nodeEvents.length >= maxWaitingEvents) this.#nodeEvents.shift();
    this.#nodeEvents.push(event);
    this.#onOutgoing();
  }

  /** Who is told that {@link takeOutgoing} has something; called often, must be cheap. */
  onOutgoing(handler: () => void): void {
    this.#onOutgoing = handler;
  }

  /** The frames that say what was reported since the last call. */
  takeOutgoing(): AgentFrame[] {
    const frames: AgentFrame[] = [];
    const statuses = [...this.#unsentStatuses].flatMap((uid) => this.#statuses.get(uid) ?? []);
    if (statuses.length > 0) {
      frames.push({ type: 'podStatuses', items: statuses.map(({ pod, status }) => ({ ...pod, status })) });
    }
    const terminated = [...this.#unsentTerminated].flatMap((uid) => this.#terminated.get(uid) ?? []);
    if (terminated.length > 0) frames.push({ type: 'podsTerminated', items: terminated });
    if (this.#deletedVolumes.length > 0) frames.push({ type: 'volumesDeleted', items: this.#deletedVolumes });
    this.#deletedVolumes = [];
    if (this.#events.length > 0) frames.push({ type: 'events', items: this.#events });
    if (this.#nodeEvents.length > 0) frames.push({ type: 'nodeEvents', items: this.#nodeEvents });
    this.#unsentStatuses.clear();
    this.#unsentTerminated.clear();
    this.#events = [];
    this.#nodeEvents = [];
    return frames;
  }

  /** A new connection: what was sent over the old one may be lost, and a full state is about to arrive. */
  startSync(): void {
    this.services.startSync();
    this.#arriving = {
      uids: new Set(),
      configMaps: new Set(),
      secrets: new Set(),
      claims: new Set(),
      volumes: new Set(),
    };
    for (const uid of this.#statuses.keys()) this.#unsentStatuses.add(uid);
    for (const uid of this.#terminated.keys()) this.#unsentTerminated.add(uid);
  }

  /** The full state has arrived: what it did not name is gone. */
  finishSync(): void {
    const arrived = this.#arriving;
    this.#arriving = undefined;
    if (!arrived) return;
    this.services.finishSync();
    for (const key of [...this.#configMaps.keys()]) if (!arrived.configMaps.has(key)) this.#configMaps.delete(key);
    for (const key of [...this.#secrets.keys()]) if (!arrived.secrets.has(key)) this.#secrets.delete(key);
    for (const key of [...this.#claims.keys()]) if (!arrived.claims.has(key)) this.#claims.delete(key);
    for (const key of [...this.#volumes.keys()]) if (!arrived.volumes.has(key)) this.#volumes.delete(key);
    this.#hasSynced = true;
    for (const uid of [...this.#pods.keys()]) if (!arrived.uids.has(uid)) this.#removePod(uid);
    // Every pod is looked at once more: now orphans may be told from pods that had not arrived yet.
    for (const uid of this.#pods.keys()) this.#changed(uid);
    this.#onVolumes();
  }

  applyChanges(changes: readonly NodeObjectChange[]): void {
    for (const change of changes) this.#apply(change);
  }

  #apply(change: NodeObjectChange): void {
    if ('deletedKey' in change) return this.#applyDeletion(change.resource, change.deletedKey);
    const key = keyOf(change.object);
    switch (change.resource) {
      case 'pods': {
        const { uid } = change.object.metadata;
        const previousUid = this.#uidByKey.get(key);
        // A pod of the same name with another uid: the old one is gone.
        if (previousUid !== undefined && previousUid !== uid) this.#removePod(previousUid);
        this.#arriving?.uids.add(uid);
        this.#pods.set(uid, change.object);
        this.#uidByKey.set(key, uid);
        return this.#changed(uid);
      }
      case 'configmaps':
        this.#arriving?.configMaps.add(key);
        this.#configMaps.set(key, change.object);
        return this.#referenceChanged(change.resource, key);
      case 'services':
        return this.services.setService(change.object);
      case 'endpointslices':
        return this.services.setSlice(change.object);
      case 'secrets':
        this.#arriving?.secrets.add(key);
        this.#secrets.set(key, change.object);
        return this.#referenceChanged(change.resource, key);
      case 'persistentvolumeclaims':
        this.#arriving?.claims.add(key);
        this.#claims.set(key, change.object);
        return this.#claimChanged(key);
      case 'persistentvolumes':
        this.#arriving?.volumes.add(key);
        this.#volumes.set(key, change.object);
        return this.#claimChanged(claimKeyOf(change.object));
    }
  }

  #applyDeletion(resource: NodeObjectChange['resource'], key: string): void {
    if (resource === 'pods') {
      const uid = this.#uidByKey.get(key);
      if (uid !== undefined) this.#removePod(uid);
      return;
    }
    if (resource === 'services' || resource === 'endpointslices') return this.services.remove(resource, key);
    switch (resource) {
      case 'configmaps':
        this.#configMaps.delete(key);
        return this.#referenceChanged(resource, key);
      case 'secrets':
        this.#secrets.delete(key);
        return this.#referenceChanged(resource, key);
      case 'persistentvolumeclaims':
        this.#claims.delete(key);
        return this.#claimChanged(key);
      case 'persistentvolumes': {
        const volume = this.#volumes.get(key);
        this.#volumes.delete(key);
        return this.#claimChanged(volume && claimKeyOf(volume));
      }
    }
  }

  #removePod(uid: string): void {
    const pod = this.#pods.get(uid);
    this.#pods.delete(uid);
    if (pod && this.#uidByKey.get(keyOf(pod)) === uid) this.#uidByKey.delete(keyOf(pod));
    this.#statuses.delete(uid);
    this.#unsentStatuses.delete(uid);
    this.#terminated.delete(uid);
    this.#unsentTerminated.delete(uid);
    this.#changed(uid);
  }

  #referenceChanged(resource: 'configmaps' | 'secrets', key: string): void {
    for (const [uid, pod] of this.#pods) {
      const references = referencesOf(pod);
      if ((resource === 'configmaps' ? references.configMaps : references.secrets).has(key)) this.#changed(uid);
    }
  }

  #claimChanged(key: ObjectKey | undefined): void {
    for (const [uid, pod] of this.#pods) {
      if (key !== undefined && referencesOf(pod).claims.includes(key)) this.#changed(uid);
    }
    this.#onVolumes();
  }

  #changed(podUid: string): void {
    this.#handler(podUid);
  }
}

function referenceTo(pod: Pod): PodReference {
  return { namespace: pod.metadata.namespace ?? 'default', name: pod.metadata.name, uid: pod.metadata.uid };
}
