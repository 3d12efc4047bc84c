import type { ConfigMap, ServiceAccount } from '@gantry/api-types';
import { isApiError, type Namespace, type NewObject, type ObjectKey, objectKey } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import {
  type ControllerDefinition,
  type ControllerServices,
  isNamespaceTerminating,
  type KeyQueue,
  type ReconcileResult,
} from './controller.ts';

const serviceAccountName = 'default';
const rootCaName = 'kube-root-ca.crt';
const rootCaFile = 'ca.crt';
const rootCaDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export interface NamespaceDefaultsOptions {
  /** The cluster CA in PEM, for pods; without it no ConfigMap is made. */
  readonly clusterCa: string | undefined;
}

/** Gives every namespace its `default` ServiceAccount and the ConfigMap with the cluster CA, and keeps them there. */
export class NamespaceDefaultsController implements ControllerDefinition {
  readonly name = 'namespace-defaults-controller';
  readonly workers = 4;
  readonly #services: ControllerServices;
  readonly #clusterCa: string | undefined;
  readonly #namespaces: Informer<Namespace>;
  readonly #configMaps: Informer<ConfigMap>;
  readonly #serviceAccounts: Informer<ServiceAccount>;

  constructor(services: ControllerServices, options: NamespaceDefaultsOptions) {
    this.#services = services;
    this.#clusterCa = options.clusterCa;
    this.#namespaces = services.informers.informer('namespaces');
    this.#configMaps = services.informers.informer('configmaps');
    this.#serviceAccounts = services.informers.informer('serviceaccounts');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#namespaces.onEvent((event) => {
        if (event.type === 'added') queue.add(event.object.metadata.name);
      }),
      this.#serviceAccounts.onEvent(({ type, object: { metadata } }) => {
        if (type === 'deleted' && metadata.name === serviceAccountName) queue.add(metadata.namespace ?? '');
      }),
      this.#configMaps.onEvent(({ type, object: { metadata } }) => {
        if (type !== 'added' && metadata.name === rootCaName) queue.add(metadata.namespace ?? '');
      }),
    ];
  }

  async reconcile(namespace: ObjectKey): Promise<ReconcileResult | undefined> {
    const present = this.#namespaces.lister.get(namespace);
    if (!present || present.metadata.deletionTimestamp !== undefined) return undefined;
    try {
      await this.#ensureServiceAccount(namespace);
      await this.#ensureRootCa(namespace);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
    }
    return undefined;
  }

  async #ensureServiceAccount(namespace: string): Promise<void> {
    if (this.#serviceAccounts.lister.get(objectKey(namespace, serviceAccountName))) return;
    const metadata = { name: serviceAccountName, namespace };
    await this.#services.client.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
  }

  async #ensureRootCa(namespace: string): Promise<void> {
    if (this.#clusterCa === undefined) return;
    const data = { [rootCaFile]: this.#clusterCa };
    const present = this.#configMaps.lister.get(objectKey(namespace, rootCaName));
    if (present?.data?.[rootCaFile] === this.#clusterCa) return;
    if (present) {
      await this.#services.client.update('configmaps', { ...present, data });
      return;
    }
    const annotations = { 'kubernetes.io/description': rootCaDescription };
    const configMap: NewObject<ConfigMap> = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: rootCaName, namespace, annotations },
      data,
    };
    await this.#services.client.create('configmaps', configMap);
  }
}
