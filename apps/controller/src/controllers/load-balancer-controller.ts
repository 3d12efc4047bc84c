import { type EndpointSlice, keyOf, type Node, type ObjectKey, objectKey, type Service } from '@gantry/api-types';
import type { Informer } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { serviceNameLabel } from '@gantry/core/reconcile/endpoint-slices';
import { isOurs, planLoadBalancer } from '@gantry/core/reconcile/load-balancer';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';

/** Nodes that come, go or change their readiness together become one pass. */
const batchMs = 200;

/** Publishes Services of type LoadBalancer on the addresses of the nodes, which lead to them. */
export class LoadBalancerController implements ControllerDefinition {
  readonly name = 'load-balancer-controller';
  readonly workers = 2;
  readonly #services: ControllerServices;
  readonly #informer: Informer<Service>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#informer = services.informers.informer('services');
    this.#nodes = services.informers.informer('nodes');
    this.#slices = services.informers.informer('endpointslices.discovery.k8s.io');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    const queueAll = () => {
      for (const service of this.#informer.lister.list()) if (isOurs(service)) queue.addAfter(keyOf(service), batchMs);
    };
    return [
      this.#informer.onEvent(({ object, previous }) => {
        if (!isOurs(object) && !(previous && isOurs(previous))) return;
        queue.add(keyOf(object));
        // A port that it held, or now holds, is another's matter too.
        if (!isSemanticallyEqual(previous?.spec, object.spec)) queueAll();
      }),
      this.#nodes.onEvent(({ object, previous }) => {
        if (!isSemanticallyEqual(factsOf(previous), factsOf(object))) queueAll();
      }),
      this.#slices.onEvent(({ object }) => {
        const key = objectKey(object.metadata.namespace, object.metadata.labels?.[serviceNameLabel] ?? '');
        const service = this.#informer.lister.get(key);
        if (service && isOurs(service) && service.spec.externalTrafficPolicy === 'Local') queue.addAfter(key, batchMs);
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const service = this.#informer.lister.get(key);
    if (!service || service.metadata.deletionTimestamp !== undefined) return undefined;
    // Another balancer's addresses are not ours to take away.
    if (service.spec.type === 'LoadBalancer' && !isOurs(service)) return undefined;
    const plan = planLoadBalancer(service, {
      services: this.#informer.lister.list(),
      nodes: this.#nodes.lister.list(),
      slicesOf: ({ metadata }) =>
        this.#slices.lister
          .list(metadata.namespace)
          .filter((slice) => slice.metadata.labels?.[serviceNameLabel] === metadata.name),
    });
    const { client, events } = this.#services;
    if (plan.problem !== undefined) {
      const report = { type: 'Warning', reason: 'PortTaken', component: this.name } as const;
      events.record(service, { ...report, message: plan.problem });
    }
    const ingress = service.status?.loadBalancer?.ingress ?? [];
    if (isSemanticallyEqual(ingress, plan.ingress)) return undefined;
    const loadBalancer = plan.ingress.length > 0 ? { ingress: [...plan.ingress] } : {};
    await client.updateStatus('services', { ...service, status: { ...service.status, loadBalancer } });
    return undefined;
  }
}

/** What of a node is published, or says whether it is. */
function factsOf(node: Node | undefined): unknown {
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return { ready, addresses: node?.status?.addresses, labels: node?.metadata.labels };
}
