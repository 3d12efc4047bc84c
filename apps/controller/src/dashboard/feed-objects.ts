import type {
  FeedChanges,
  FeedDelta,
  FeedKind,
  FeedObjects,
  FeedWorkload,
  FeedWorkloadKind,
  ObjectKey,
  ResourceName,
  ResourceTypes,
} from '@gantry/api-types';
import type { InformerSource, Lister } from '@gantry/core';
import { EndpointCounts } from './endpoint-counts.ts';
import { eventTime, trimEvent, trimNode, trimService } from './trim.ts';
import { controllerOf, trimPod } from './trim-pod.ts';
import { trimCronJob, trimDaemonSet, trimJob, trimReplicated, trimStatefulSet } from './trim-workload.ts';

/** Events a snapshot starts with: what happened lately. */
export const snapshotEvents = 500;

/** A resource the feed shows: where it appears and how one object is trimmed. */
interface FeedResource<R extends ResourceName> {
  readonly resource: R;
  readonly kind: FeedKind;
  /** The key the page knows the object by, from the cache's. */
  readonly feedKey: (key: ObjectKey) => string;
  readonly trim: (object: ResourceTypes[R]) => FeedObjects[FeedKind][number];
}

const sameKey = (key: ObjectKey): string => key;

type AnyFeedResource = { [R in ResourceName]: FeedResource<R> }[ResourceName];

function workload<R extends ResourceName>(
  kind: FeedWorkloadKind,
  resource: R,
  trim: (object: ResourceTypes[R]) => FeedWorkload,
): FeedResource<R> {
  return { resource, kind: 'workloads', feedKey: (key) => `${kind}/${key}`, trim };
}

const resources: readonly AnyFeedResource[] = [
  workload('Deployment', 'deployments.apps', trimReplicated),
  workload('ReplicaSet', 'replicasets.apps', trimReplicated),
  workload('ReplicationController', 'replicationcontrollers', trimReplicated),
  workload('Job', 'jobs.batch', trimJob),
  workload('CronJob', 'cronjobs.batch', trimCronJob),
  { resource: 'nodes', kind: 'nodes', feedKey: sameKey, trim: trimNode },
  { resource: 'pods', kind: 'pods', feedKey: sameKey, trim: trimPod },
  { resource: 'events', kind: 'events', feedKey: sameKey, trim: trimEvent },
];

/** What is read of one resource, with its type hidden behind closures. */
interface Reader {
  readonly resource: ResourceName;
  readonly kind: FeedKind;
  readonly dirty: Set<ObjectKey>;
  readonly feedKey: (key: ObjectKey) => string;
  all(): FeedObjects[FeedKind][number][];
  one(key: ObjectKey): FeedObjects[FeedKind][number] | undefined;
  stop(): void;
}

/**
 * The feed's view of the watch cache: notes which objects changed and reads their present state when asked, so that a
 * burst of changes to one object costs one read. Never holds objects of its own.
 */
export class FeedObjectReader {
  readonly #readers: readonly Reader[] = [];
  readonly #endpoints: EndpointCounts;
  readonly #stopRevisions: () => void;

  /** Subscribes at once; `onChange` is called (synchronously, in the cache's event handler) when something turned dirty. */
  constructor(source: InformerSource, onChange: () => void) {
    this.#endpoints = new EndpointCounts(source, (service) => this.#touch('services', service, onChange));
    const endpoints = this.#endpoints;
    const services: AnyFeedResource = {
      resource: 'services',
      kind: 'services',
      feedKey: sameKey,
      trim: (service) => trimService(service, endpoints.of(`${service.metadata.namespace}/${service.metadata.name}`)),
    };
    this.#readers = [...resources, ...revisionedWorkloads(source), services].map((entry) =>
      openReader(source, entry, onChange),
    );
    this.#stopRevisions = source.informer('controllerrevisions.apps').onEvent(({ object: { metadata } }) => {
      const owner = controllerOf(metadata.ownerReferences);
      const resource = owner?.kind === 'StatefulSet' ? 'statefulsets.apps' : 'daemonsets.apps';
      if (owner) this.#touch(resource, `${metadata.namespace}/${owner.name}`, onChange);
    });
    for (const reader of this.#readers) reader.dirty.clear();
  }

  /** For what is shown of an object but kept in another one. */
  #touch(resource: ResourceName, key: ObjectKey, onChange: () => void): void {
    // While the constructor reads what is there nobody has seen anything yet.
    const reader = this.#readers.find((one) => one.resource === resource);
    if (!reader?.one(key)) return;
    reader.dirty.add(key);
    onChange();
  }

  get isDirty(): boolean {
    return this.#readers.some((reader) => reader.dirty.size > 0);
  }

  snapshot(): FeedObjects {
    const of = (kind: FeedKind): FeedObjects[FeedKind][number][] =>
      this.#readers.filter((reader) => reader.kind === kind).flatMap((reader) => reader.all());
    // Each reader's trim makes objects of its own kind: the table above pairs them.
    return {
      nodes: of('nodes'),
      pods: of('pods'),
      workloads: of('workloads'),
      services: of('services'),
      events: of('events'),
    } as FeedObjects;
  }

  /** The present state of what changed since the last call. */
  takeChanges(): FeedDelta['changes'] {
    const changes: { [K in FeedKind]?: { set: FeedObjects[FeedKind][number][]; gone: string[] } } = {};
    for (const reader of this.#readers) {
      if (reader.dirty.size === 0) continue;
      const change = changes[reader.kind] ?? { set: [], gone: [] };
      changes[reader.kind] = change;
      for (const key of reader.dirty) {
        const object = reader.one(key);
        if (object) change.set.push(object);
        else change.gone.push(reader.feedKey(key));
      }
      reader.dirty.clear();
    }
    return changes as { [K in FeedKind]?: FeedChanges<FeedObjects[K][number]> };
  }

  stop(): void {
    this.#endpoints.stop();
    this.#stopRevisions();
    for (const reader of this.#readers) reader.stop();
  }
}

/** StatefulSets and DaemonSets, whose revisions are objects of their own. */
function revisionedWorkloads(source: InformerSource): readonly AnyFeedResource[] {
  const { lister } = source.informer('controllerrevisions.apps');
  const numberOf = (uid: string, name?: string): number | undefined => {
    const owned = lister.listByOwner(uid).filter(({ metadata }) => name === undefined || metadata.name === name);
    return owned.length > 0 ? Math.max(...owned.map(({ revision }) => revision)) : undefined;
  };
  return [
    workload('StatefulSet', 'statefulsets.apps', (set) =>
      trimStatefulSet(set, numberOf(set.metadata.uid, set.status.updateRevision)),
    ),
    workload('DaemonSet', 'daemonsets.apps', (set) => trimDaemonSet(set, numberOf(set.metadata.uid))),
  ];
}

function openReader(source: InformerSource, entry: AnyFeedResource, onChange: () => void): Reader {
  return openTyped(source, entry as FeedResource<ResourceName>, onChange);
}

function openTyped<R extends ResourceName>(
  source: InformerSource,
  entry: FeedResource<R>,
  onChange: () => void,
): Reader {
  const informer = source.informer(entry.resource);
  const dirty = new Set<ObjectKey>();
  const stop = informer.onEvent(({ object }) => {
    dirty.add(keyFor(object));
    onChange();
  });
  return {
    resource: entry.resource,
    kind: entry.kind,
    dirty,
    feedKey: entry.feedKey,
    all: () => listFor(entry.resource, informer.lister).map(entry.trim),
    one(key) {
      const object = informer.lister.get(key);
      return object && entry.trim(object);
    },
    stop,
  };
}

function keyFor(object: { metadata: { name: string; namespace?: string } }): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/** All objects, but of Events only the newest, oldest first. */
function listFor<R extends ResourceName>(resource: R, lister: Lister<ResourceTypes[R]>): readonly ResourceTypes[R][] {
  const objects = lister.list();
  if (resource !== 'events') return objects;
  const events = [...objects] as ResourceTypes['events'][];
  events.sort((a, b) => (eventTime(a) < eventTime(b) ? -1 : eventTime(a) > eventTime(b) ? 1 : 0));
  return events.slice(-snapshotEvents) as ResourceTypes[R][];
}
