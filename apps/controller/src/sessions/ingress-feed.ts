import { type Ingress, keyOf, type ObjectKey, objectKey } from '@gantry/api-types';
import type { IngressConfig } from '@gantry/api-types/ingress-config';
import type { Clock, InformerSource } from '@gantry/core';
import { type IngressWorld, isOurs, planIngress } from '@gantry/core/network/ingress-plan';

type Sink = (config: IngressConfig) => void;

/** Endpoints change one after another in a roll-out: this long they are gathered. */
const gatherMs = 50;
const serviceNameLabel = 'kubernetes.io/service-name';

/** Tells the nodes with a proxy what the Ingresses ask for. One config for all; nothing is done while there is none. */
export class IngressFeed {
  readonly #informers: InformerSource;
  readonly #clock: Clock;
  readonly #sinks = new Set<Sink>();
  readonly #stops: (() => void)[];
  #config: IngressConfig = { hosts: [], certificates: [] };
  #text = JSON.stringify(this.#config);
  /** What the present Ingresses refer to: changes of other Services, slices and Secrets are none of ours. */
  #services = new Set<ObjectKey>();
  #secrets = new Set<ObjectKey>();
  #cancelTimer: (() => void) | undefined;

  constructor(informers: InformerSource, clock: Clock) {
    this.#informers = informers;
    this.#clock = clock;
    this.#stops = [
      informers.informer('ingresses.networking.k8s.io').onEvent(() => this.#schedule()),
      informers.informer('ingressclasses.networking.k8s.io').onEvent(() => this.#schedule()),
      informers.informer('services').onEvent(({ object }) => this.#scheduleIf(this.#services, keyOf(object))),
      informers.informer('secrets').onEvent(({ object }) => this.#scheduleIf(this.#secrets, keyOf(object))),
      informers.informer('endpointslices.discovery.k8s.io').onEvent(({ object: { metadata } }) => {
        const service = metadata.labels?.[serviceNameLabel];
        if (service !== undefined) this.#scheduleIf(this.#services, objectKey(metadata.namespace ?? '', service));
      }),
    ];
  }

  /** Calls `sink` with the config at once and whenever it changes, until the returned function is called. */
  subscribe(sink: Sink): () => void {
    this.#sinks.add(sink);
    sink(this.#config);
    return () => this.#sinks.delete(sink);
  }

  stop(): void {
    this.#cancelTimer?.();
    for (const stop of this.#stops) stop();
    this.#sinks.clear();
  }

  #scheduleIf(referred: ReadonlySet<ObjectKey>, key: ObjectKey): void {
    if (referred.has(key)) this.#schedule();
  }

  #schedule(): void {
    this.#cancelTimer ??= this.#clock.setTimer(() => {
      this.#cancelTimer = undefined;
      this.#plan();
    }, gatherMs);
  }

  #plan(): void {
    const world = this.#world();
    const ingresses = this.#informers
      .informer('ingresses.networking.k8s.io')
      .lister.list()
      .filter((ingress) => isOurs(ingress, world.classes));
    this.#services = new Set(ingresses.flatMap(servicesOf));
    this.#secrets = new Set(ingresses.flatMap(secretsOf));
    const config = planIngress(ingresses, world);
    const text = JSON.stringify(config);
    if (text === this.#text) return;
    this.#text = text;
    this.#config = config;
    for (const sink of this.#sinks) sink(config);
  }

  #world(): IngressWorld {
    const { lister: services } = this.#informers.informer('services');
    const { lister: secrets } = this.#informers.informer('secrets');
    const { lister: slices } = this.#informers.informer('endpointslices.discovery.k8s.io');
    return {
      classes: this.#informers.informer('ingressclasses.networking.k8s.io').lister.list(),
      service: (namespace, name) => services.get(objectKey(namespace, name)),
      secret: (namespace, name) => secrets.get(objectKey(namespace, name)),
      slices: (namespace, service) =>
        slices.list(namespace).filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === service),
    };
  }
}

function servicesOf({ metadata, spec }: Ingress): ObjectKey[] {
  const backends = [
    spec.defaultBackend,
    ...(spec.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)),
  ];
  return backends.flatMap((backend) =>
    backend?.service ? [objectKey(metadata.namespace ?? '', backend.service.name)] : [],
  );
}

function secretsOf({ metadata, spec }: Ingress): ObjectKey[] {
  return (spec.tls ?? []).flatMap(({ secretName }) =>
    secretName ? [objectKey(metadata.namespace ?? '', secretName)] : [],
  );
}
