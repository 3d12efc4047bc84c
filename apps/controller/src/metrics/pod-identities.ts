import type { OwnerReference, Pod } from '@gantry/api-types';
import { objectKey } from '@gantry/api-types';
import type { InformerSource } from '@gantry/core';
import type { PodIdentity } from '@gantry/core/metrics/pod-track';
import { controllerOf } from '@gantry/core/reconcile/owner-references';

/** Who the pods are that agents name by their uid. */
export class PodIdentities {
  readonly #informers: InformerSource;
  readonly #pods = new Map<string, Pod>();
  readonly #onOwnerChange: (uid: string) => void;
  #unsubscribe: () => void = () => undefined;
  #isStopped = false;

  /** `onOwnerChange` is told the uid of a pod that was taken over or let go. */
  constructor(informers: InformerSource, onOwnerChange: (uid: string) => void) {
    this.#informers = informers;
    this.#onOwnerChange = onOwnerChange;
    void informers.hasSynced.then(() => this.#start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
  }

  #start(): void {
    if (this.#isStopped) return;
    this.#unsubscribe = this.#informers.informer('pods').onEvent(({ type, object, previous }) => {
      const { uid } = object.metadata;
      if (type === 'deleted') {
        this.#pods.delete(uid);
        return;
      }
      this.#pods.set(uid, object);
      if (previous && controllerOf(previous)?.uid !== controllerOf(object)?.uid) this.#onOwnerChange(uid);
    });
  }

  pod(uid: string): Pod | undefined {
    return this.#pods.get(uid);
  }

  /** Undefined for a pod that is not there any more. */
  describe(uid: string): PodIdentity | undefined {
    const pod = this.#pods.get(uid);
    if (!pod) return undefined;
    const { namespace = '', name } = pod.metadata;
    return { namespace, name, workloads: this.#workloadsOf(pod, namespace) };
  }

  #workloadsOf(pod: Pod, namespace: string): string[] {
    const owner = controllerOf(pod);
    if (!owner) return [];
    const above = this.#ownerOf(owner, namespace);
    return [owner, ...(above ? [above] : [])].map(({ kind, name }) => `${kind}/${namespace}/${name}`);
  }

  #ownerOf({ kind, name }: OwnerReference, namespace: string): OwnerReference | undefined {
    const key = objectKey(namespace, name);
    if (kind === 'ReplicaSet') {
      const found = this.#informers.informer('replicasets.apps').lister.get(key);
      return found && controllerOf(found);
    }
    if (kind !== 'Job') return undefined;
    const found = this.#informers.informer('jobs.batch').lister.get(key);
    return found && controllerOf(found);
  }
}
