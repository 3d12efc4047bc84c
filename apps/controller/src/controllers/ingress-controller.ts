import {
  type Ingress,
  type IngressClass,
  type IngressLoadBalancerIngress,
  isApiError,
  keyOf,
  type NewObject,
  type Node,
  type ObjectKey,
} from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { ingressController, isOurs } from '@gantry/core/network/ingress-plan';
import { ingressAddresses } from '@gantry/core/reconcile/ingress-status';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';

/** A key that no Ingress has: names the class that we bring. */
const classKey = 'class/';
const ourClass: NewObject<IngressClass> = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'gantry', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
  spec: { controller: ingressController },
};

/** Brings the default IngressClass, and says in each Ingress of ours at which nodes it is reached. */
export class IngressController implements ControllerDefinition {
  readonly name = 'ingress-controller';
  readonly workers = 1;
  readonly #services: ControllerServices;
  readonly #ingresses: Informer<Ingress>;
  readonly #classes: Informer<IngressClass>;
  readonly #nodes: Informer<Node>;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#ingresses = services.informers.informer('ingresses.networking.k8s.io');
    this.#classes = services.informers.informer('ingressclasses.networking.k8s.io');
    this.#nodes = services.informers.informer('nodes');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    queue.add(classKey);
    const addAll = () => {
      for (const ingress of this.#ingresses.lister.list()) queue.add(keyOf(ingress));
    };
    return [
      this.#ingresses.onEvent(({ type, object }) => type !== 'deleted' && queue.add(keyOf(object))),
      this.#classes.onEvent(addAll),
      this.#nodes.onEvent(({ type, object, previous }) => {
        const isSame = previous && isSemanticallyEqual(ingressAddresses([object]), ingressAddresses([previous]));
        if (type !== 'modified' || !isSame) addAll();
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    if (key === classKey) await this.#ensureClass();
    else await this.#writeStatus(key);
    return undefined;
  }

  async #ensureClass(): Promise<void> {
    const isThere = this.#classes.lister.list().some(({ spec }) => spec.controller === ingressController);
    if (isThere) return;
    try {
      await this.#services.client.create('ingressclasses.networking.k8s.io', ourClass);
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  }

  async #writeStatus(key: ObjectKey): Promise<void> {
    const ingress = this.#ingresses.lister.get(key);
    if (!ingress || !isOurs(ingress, this.#classes.lister.list())) return;
    const wanted: IngressLoadBalancerIngress[] = ingressAddresses(this.#nodes.lister.list());
    if (isSemanticallyEqual(ingress.status.loadBalancer?.ingress ?? [], wanted)) return;
    const status = { ...ingress.status, loadBalancer: wanted.length > 0 ? { ingress: wanted } : {} };
    await this.#services.client.updateStatus('ingresses.networking.k8s.io', { ...ingress, status });
  }
}
