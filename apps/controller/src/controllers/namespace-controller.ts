import type { KubernetesObject, Namespace, ObjectKey } from '@gantry/api-types';
import type { Informer, Lister } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { type NamespaceContent, planNamespaceDeletion } from '@gantry/core/reconcile/namespace';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { forEachParallel } from './parallel.ts';
import { type ServedResource, servedResources } from './served-resources.ts';

const maxInFlight = 32;
/** Many objects of a namespace go at the same time: one look for all that went within this time. */
const batchMs = 50;

/** Empties namespaces that are being deleted, then lets them go. */
export class NamespaceController implements ControllerDefinition {
  readonly name = 'namespace-controller';
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #namespaces: Informer<Namespace>;
  readonly #terminating = new Set<ObjectKey>();

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#namespaces = services.informers.informer('namespaces');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    const watchNamespaces = this.#namespaces.onEvent(({ type, object }) => {
      const { name } = object.metadata;
      const isTerminating = type !== 'deleted' && object.metadata.deletionTimestamp !== undefined;
      if (isTerminating) this.#terminating.add(name);
      else this.#terminating.delete(name);
      if (isTerminating) queue.add(name);
    });
    const watchContent = this.#contentResources().map(({ resource }) =>
      this.#services.informers.informer(resource).onEvent(({ type, object }) => {
        const { namespace } = object.metadata;
        if (type === 'deleted' && namespace && this.#terminating.has(namespace)) queue.addAfter(namespace, batchMs);
      }),
    );
    return [watchNamespaces, ...watchContent];
  }

  async reconcile(name: ObjectKey): Promise<ReconcileResult | undefined> {
    const namespace = this.#namespaces.lister.get(name);
    if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
    const { client, clock } = this.#services;
    const first = planNamespaceDeletion(namespace, this.#contentOf(name), clock.now());
    await this.#delete(first.deletions);
    const { conditions, isEmpty, deletions } = planNamespaceDeletion(namespace, this.#contentOf(name), clock.now());
    let present = namespace;
    if (!isSemanticallyEqual(namespace.status?.conditions, conditions)) {
      const status = { ...namespace.status, conditions: [...conditions] };
      present = await client.updateStatus('namespaces', { ...namespace, status });
    }
    // A write takes its turn behind what was accepted before the deletion was seen: look again for what came with it.
    if (isEmpty && this.#contentOf(name).some(({ objects }) => objects.length > 0)) return { requeueAfterMs: batchMs };
    if (isEmpty) {
      const finalizers = (present.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
      await client.finalizeNamespace({ ...present, spec: { ...present.spec, finalizers } });
    }
    return deletions.length > 0 ? { requeueAfterMs: batchMs } : undefined;
  }

  #contentResources(): readonly ServedResource[] {
    return servedResources.filter(({ isNamespaced }) => isNamespaced);
  }

  #contentOf(namespace: string): readonly NamespaceContent[] {
    return this.#contentResources().map(({ resource }) => {
      const lister: Lister<KubernetesObject> = this.#services.informers.informer(resource).lister;
      return { resource, objects: lister.list(namespace) };
    });
  }

  async #delete(deletions: readonly NamespaceContent[]): Promise<void> {
    for (const { resource, objects } of deletions) {
      const served = servedResources.find((other) => other.resource === resource);
      if (!served) continue;
      const errors = await forEachParallel(objects, maxInFlight, async ({ metadata }) => {
        const preconditions = { uid: metadata.uid };
        await this.#services.client.delete(served.resource, metadata.namespace, metadata.name, {
          propagationPolicy: 'Background',
          preconditions,
        });
      });
      if (errors.length > 0) throw errors[0];
    }
  }
}
