import { isHeadless, labelOf, type ZoneView } from '@gantry/core/network/dns/cluster-zone';
import type { ServiceSource } from '../session/service-state.ts';

export interface ServiceZoneOptions {
  readonly source: ServiceSource;
  readonly domain: string;
  readonly dnsIp: string;
}

/** The zone as the Services of the cluster make it, kept up to date. `version` changes whenever an answer may. */
export class ServiceZone implements ZoneView {
  readonly domain: string;
  readonly dnsIp: string;
  readonly #source: ServiceSource;
  readonly #end: () => void;
  /** Made when first asked for after a change: reverse questions are rare. */
  #index: { namespaces: ReadonlySet<string>; names: ReadonlyMap<string, readonly string[]> } | undefined;
  #version = 0;

  constructor({ source, domain, dnsIp }: ServiceZoneOptions) {
    this.domain = domain;
    this.dnsIp = dnsIp;
    this.#source = source;
    this.#end = source.onChange(() => {
      this.#index = undefined;
      this.#version += 1;
    });
  }

  get version(): number {
    return this.#version;
  }

  /** Before all Services were received, a name that is not there may be one that has not arrived. */
  get isKnown(): boolean {
    return this.#source.hasSynced;
  }

  /** Resolves once the zone is known, or after `timeoutMs`; says whether it is. */
  async whenKnown(timeoutMs: number): Promise<boolean> {
    if (this.isKnown) return true;
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        endListening();
        resolve();
      };
      const timer = setTimeout(end, timeoutMs);
      const endListening = this.#source.onSynced(end);
    });
    return this.isKnown;
  }

  stop(): void {
    this.#end();
  }

  service(key: string) {
    return this.#source.services().get(key);
  }

  slicesOf(key: string) {
    return this.#source.slicesOf(key);
  }

  hasNamespace(name: string): boolean {
    return this.#indexed().namespaces.has(name);
  }

  namesOf(ip: string): readonly string[] {
    return this.#indexed().names.get(ip) ?? [];
  }

  #indexed() {
    this.#index ??= this.#makeIndex();
    return this.#index;
  }

  #makeIndex() {
    const namespaces = new Set<string>();
    const names = new Map<string, string[]>();
    const add = (ip: string, name: string) => {
      const list = names.get(ip);
      if (list) list.push(name);
      else names.set(ip, [name]);
    };
    for (const [key, service] of this.#source.services()) {
      const { namespace = 'default', name } = service.metadata;
      namespaces.add(namespace);
      const base = `${name}.${namespace}.svc.${this.domain}`;
      const { clusterIP } = service.spec;
      if (clusterIP && !isHeadless(service)) add(clusterIP, base);
      if (!isHeadless(service)) continue;
      for (const slice of this.#source.slicesOf(key)) {
        for (const endpoint of slice.endpoints) {
          for (const ip of endpoint.addresses) add(ip, `${labelOf(endpoint)}.${base}`);
        }
      }
    }
    return { namespaces, names };
  }
}
