import {
  compileLabelMap,
  type EndpointSlice,
  keyOf,
  type Node,
  type ObjectKey,
  type Pod,
  type Service,
} from '@gantry/api-types';
import type { Informer, InformerEvent } from '@gantry/core';
import { isSemanticallyEqual } from '@gantry/core/lib/deep-equal';
import { planEndpointSlices } from '@gantry/core/reconcile/endpoint-slices';
import { isPodReady } from '@gantry/core/reconcile/pod-state';
import { sharesByZone } from '@gantry/core/reconcile/topology-hints';
import { zoneFactsOf, zoneOf, zoneSharesOf } from '@gantry/core/reconcile/zones';
import type { ControllerDefinition, ControllerServices, KeyQueue, ReconcileResult } from './controller.ts';
import { SelectorIndex } from './indexes.ts';
import { applySlices, ownedService, selectorOf } from './service-slices.ts';

/** Changes of many pods of a Service within this time become one write. */
const batchMs = 10;
/** Nodes that come, go or change their readiness together become one pass over the Services whose zones share. */
const nodeBatchMs = 200;
const enabledText = 'Topology Aware Hints has been enabled';

/** Publishes which pods stand behind each Service that has a selector. */
export class EndpointSliceController implements ControllerDefinition {
  readonly name = 'endpointslice-controller';
  readonly workers = 8;
  readonly #services: ControllerServices;
  readonly #serviceInformer: Informer<Service>;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #slices: Informer<EndpointSlice>;
  /** Services that ask for zones to share their endpoints, and what was last said about it. */
  readonly #sharing = new Map<ObjectKey, string>();
  readonly #selectors = new SelectorIndex<Service>((service) => {
    const matchLabels = selectorOf(service);
    return matchLabels && { matchLabels };
  });

  constructor(services: ControllerServices) {
    this.#services = services;
    this.#serviceInformer = services.informers.informer('services');
    this.#pods = services.informers.informer('pods');
    this.#nodes = services.informers.informer('nodes');
    this.#slices = services.informers.informer('endpointslices.discovery.k8s.io');
  }

  watch(queue: KeyQueue): readonly (() => void)[] {
    return [
      this.#serviceInformer.onEvent((event) => {
        this.#selectors.observe(event);
        queue.add(keyOf(event.object));
      }),
      this.#pods.onEvent((event) => this.#onPod(event, queue)),
      this.#nodes.onEvent(({ type, object, previous }) => {
        const zone = type === 'deleted' ? undefined : zoneOf(object);
        const zoneBefore = type === 'deleted' ? zoneOf(object) : zoneOf(previous);
        if (zone !== zoneBefore) this.#onZoneChange(object.metadata.name, queue);
        const facts = type === 'deleted' ? '' : zoneFactsOf(object);
        const factsBefore = zoneFactsOf(type === 'deleted' ? object : previous);
        if (facts !== factsBefore) for (const key of this.#sharing.keys()) queue.addAfter(key, nodeBatchMs);
      }),
      this.#slices.onEvent(({ type, object }) => {
        // Our own writes come back as events too; a deletion is the one change that is not ours as a rule.
        const service = ownedService(object);
        if (service && type !== 'added') queue.add(service);
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult | undefined> {
    const service = this.#serviceInformer.lister.get(key);
    const selector = service && selectorOf(service);
    // Without the Service the garbage collector removes its slices; without a selector they are the user's to write.
    if (!service || !selector || service.metadata.deletionTimestamp !== undefined) {
      this.#sharing.delete(key);
      return undefined;
    }
    const { namespace, uid } = service.metadata;
    const compiled = compileLabelMap(selector);
    const plan = planEndpointSlices({
      service,
      pods: this.#pods.lister.list(namespace).filter((pod) => compiled.matches(pod.metadata.labels)),
      slices: this.#slices.lister.listByOwner(uid).filter((slice) => ownedService(slice) === key),
      zoneOf: (nodeName) => zoneOf(this.#nodes.lister.get(nodeName)),
      zoneShares: () => zoneSharesOf(this.#nodes.lister.list()),
    });
    this.#tellSharing(key, service, plan.hintsProblem);
    await applySlices(this.#services.client, plan);
    return undefined;
  }

  /** Says once that the zones share the endpoints, or why they do not. */
  #tellSharing(key: ObjectKey, service: Service, problem: string | undefined): void {
    const isWanted = sharesByZone(service);
    const before = this.#sharing.get(key);
    if (!isWanted && before === undefined) return;
    const text = isWanted ? (problem ?? enabledText) : 'Topology Aware Hints has been disabled';
    if (isWanted) this.#sharing.set(key, text);
    else this.#sharing.delete(key);
    if (text === before) return;
    const isEnabled = text === enabledText;
    this.#services.events.record(service, {
      type: isEnabled ? 'Normal' : 'Warning',
      reason: isEnabled ? 'TopologyAwareHintsEnabled' : 'TopologyAwareHintsDisabled',
      message: `${text}, addressType: IPv4`,
      component: 'endpoint-slice-controller',
    });
  }

  #onPod(event: InformerEvent<Pod>, queue: KeyQueue): void {
    const { object: pod, previous } = event;
    const { namespace, labels } = pod.metadata;
    if (!this.#selectors.has(namespace)) return;
    const isModified = event.type === 'modified' && previous !== undefined;
    if (isModified && !hasRelevantChange(previous, pod)) return;
    for (const key of this.#selectors.matching(namespace, labels)) queue.addAfter(key, batchMs);
    if (!isModified || isSemanticallyEqual(previous.metadata.labels, labels, 'labels')) return;
    for (const key of this.#selectors.matching(namespace, previous.metadata.labels)) queue.addAfter(key, batchMs);
  }

  /** The endpoints of the node's pods carry its zone. */
  #onZoneChange(nodeName: string, queue: KeyQueue): void {
    for (const { spec, metadata } of this.#pods.lister.list()) {
      if (spec.nodeName !== nodeName) continue;
      for (const key of this.#selectors.matching(metadata.namespace, metadata.labels)) queue.addAfter(key, batchMs);
    }
  }
}

function hasRelevantChange(previous: Pod, pod: Pod): boolean {
  return (
    isPodReady(previous) !== isPodReady(pod) ||
    previous.status?.podIP !== pod.status?.podIP ||
    previous.status?.phase !== pod.status?.phase ||
    previous.spec.nodeName !== pod.spec.nodeName ||
    (previous.metadata.deletionTimestamp === undefined) !== (pod.metadata.deletionTimestamp === undefined) ||
    !isSemanticallyEqual(previous.metadata.labels, pod.metadata.labels, 'labels')
  );
}
