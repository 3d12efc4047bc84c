import {
  ApiError,
  type KubernetesObject,
  keyOf,
  type Namespace,
  type Node,
  type ObjectKey,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodStatus,
  type StorageClass,
} from '@gantry/api-types';
import type { ApiClient, EventRecorder, Informer, InformerEvent, InformerSource, RecordedEvent } from '@gantry/core';

/** An in-memory cluster for tests of the scheduler's loop: the informers, client calls and events that it uses. */
export class FakeCluster {
  readonly nodes = new FakeInformer<Node>();
  readonly pods = new FakeInformer<Pod>();
  readonly namespaces = new FakeInformer<Namespace>();
  readonly claims = new FakeInformer<PersistentVolumeClaim>();
  readonly volumes = new FakeInformer<PersistentVolume>();
  readonly classes = new FakeInformer<StorageClass>();
  readonly recorded: (RecordedEvent & { readonly about: string })[] = [];
  readonly bindings: string[] = [];
  patches = 0;
  maxBindingsAtOnce = 0;
  /** Runs before each binding: throw to refuse it, await to delay it. */
  onBind: (podName: string, nodeName: string) => Promise<void> | void = () => undefined;
  #revision = 1;
  #bindingsUnderWay = 0;

  readonly events: EventRecorder = {
    record: (about: KubernetesObject, event: RecordedEvent) =>
      this.recorded.push({ ...event, about: about.metadata.name }),
  };

  readonly informers: InformerSource = {
    hasSynced: Promise.resolve(),
    informer: (resource) => {
      const known: Partial<Record<string, unknown>> = {
        nodes: this.nodes,
        pods: this.pods,
        namespaces: this.namespaces,
        persistentvolumeclaims: this.claims,
        persistentvolumes: this.volumes,
        'storageclasses.storage.k8s.io': this.classes,
      };
      // The informers are of the types their resources name; the map's type cannot say so.
      return known[resource] as never;
    },
  };

  readonly client: Pick<ApiClient, 'bind' | 'mergePatch' | 'update'> = {
    update: async (_resource, object) => {
      await Promise.resolve();
      // Volumes are all that the scheduler updates.
      this.volumes.put(object as PersistentVolume);
      return object;
    },
    mergePatch: async (resource, namespace, name, patch) => {
      await Promise.resolve();
      if (resource === 'persistentvolumeclaims') return this.#annotate(`${namespace}/${name}`, patch) as never;
      this.patches++;
      return this.#patchStatus(`${namespace}/${name}`, patch) as never;
    },
    bind: async (namespace, podName, podUid, nodeName) => {
      this.#bindingsUnderWay++;
      this.maxBindingsAtOnce = Math.max(this.maxBindingsAtOnce, this.#bindingsUnderWay);
      try {
        await this.onBind(podName, nodeName);
        await Promise.resolve();
        this.#bind(`${namespace}/${podName}`, podUid, nodeName);
      } finally {
        this.#bindingsUnderWay--;
      }
    },
  };

  put(object: Pod | Node | Namespace): void {
    this.#revision++;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${this.#revision}` } };
    if (stored.kind === 'Pod') this.pods.put(stored);
    else if (stored.kind === 'Node') this.nodes.put(stored);
    else this.namespaces.put(stored);
  }

  pod(name: string): Pod | undefined {
    return this.pods.lister.get(`default/${name}`);
  }

  /** Where each pod is, by name. */
  get placements(): Record<string, string | undefined> {
    return Object.fromEntries(this.pods.lister.list().map((pod) => [pod.metadata.name, pod.spec.nodeName]));
  }

  #annotate(key: ObjectKey, patch: { metadata?: { annotations?: Record<string, string> } }): PersistentVolumeClaim {
    const claim = this.claims.lister.get(key);
    if (!claim) throw new ApiError('NotFound', `persistentvolumeclaims "${key}" not found`);
    const annotations = { ...claim.metadata.annotations, ...patch.metadata?.annotations };
    const patched = { ...claim, metadata: { ...claim.metadata, annotations } };
    this.claims.put(patched);
    return patched;
  }

  #bind(key: ObjectKey, uid: string, nodeName: string): void {
    const pod = this.pods.lister.get(key);
    if (!pod || pod.metadata.uid !== uid) throw new ApiError('NotFound', `pods "${key}" not found`);
    if (pod.spec.nodeName) throw new ApiError('Conflict', `pod ${key} is already assigned`);
    this.bindings.push(`${pod.metadata.name}:${nodeName}`);
    this.put({ ...pod, spec: { ...pod.spec, nodeName } });
  }

  #patchStatus(key: ObjectKey, patch: { metadata?: { resourceVersion?: string }; status?: PodStatus }): Pod {
    const pod = this.pods.lister.get(key);
    if (!pod) throw new ApiError('NotFound', `pods "${key}" not found`);
    if (patch.metadata?.resourceVersion !== pod.metadata.resourceVersion) throw new ApiError('Conflict', 'changed');
    const patched = { ...pod, status: { ...pod.status, ...patch.status } };
    this.put(patched);
    return patched;
  }
}

/** One kind's objects, with the events that changes to them make. */
export class FakeInformer<T extends KubernetesObject> implements Informer<T> {
  readonly #objects = new Map<ObjectKey, T>();
  readonly #handlers = new Set<(event: InformerEvent<T>) => void>();

  readonly lister: Informer<T>['lister'] & { readonly size: number } = {
    get: (key) => this.#objects.get(key),
    list: () => [...this.#objects.values()],
    listByOwner: () => [],
    size: 0,
  };

  onEvent(handler: (event: InformerEvent<T>) => void): () => void {
    for (const object of this.#objects.values()) handler({ type: 'added', object });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  put(object: T): void {
    const previous = this.#objects.get(keyOf(object));
    this.#objects.set(keyOf(object), object);
    const event: InformerEvent<T> = previous ? { type: 'modified', object, previous } : { type: 'added', object };
    for (const handler of this.#handlers) handler(event);
  }

  remove(key: ObjectKey): void {
    const object = this.#objects.get(key);
    if (!object) return;
    this.#objects.delete(key);
    for (const handler of this.#handlers) handler({ type: 'deleted', object });
  }
}
