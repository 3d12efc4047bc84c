import type { Backend, Frontend } from '@gantry/core/network/services/plan-service';
import { type AffineBackend, isAffine, type RulesetChange } from '@gantry/core/network/services/ruleset';
import { type DataPathFacts, masqueradeRule, natProtocols, pickChain, slotCount } from './render-table.ts';

/** Clients that one endpoint remembers; further ones are spread anew at each connection. */
const maxClients = 65_535;

/** Which maps hold a frontend and its endpoints. */
interface MapNames {
  readonly frontends: string;
  readonly slots: string;
}

/** Writes the nft commands that carry a change out, to be run as one transaction. */
export class ChangeRenderer {
  readonly #facts: DataPathFacts;
  /** The phases of a transaction: nothing is taken away that something before still refers to. */
  #deletions = new Map<string, string[]>();
  #chains: string[] = [];
  #additions = new Map<string, string[]>();
  #removals: string[] = [];

  constructor(facts: DataPathFacts) {
    this.#facts = facts;
  }

  render(change: RulesetChange): string {
    for (const { backend, before } of change.setAffinities) this.#setAffinity(backend, before);
    for (const frontend of change.remove) this.#remove(frontend, frontend.backend);
    for (const { frontend, before } of change.set) this.#set(frontend, before);
    for (const backend of change.removeAffinities) this.#removeAffinity(backend);
    for (const ip of change.removeIps) this.#delete('hairpins', `${ip} . ${ip}`);
    for (const ip of change.addIps) this.#add('hairpins', `${ip} . ${ip}`);
    return this.#take();
  }

  #take(): string {
    const { table } = this.#facts;
    const elements = (verb: string, bySet: ReadonlyMap<string, readonly string[]>) =>
      [...bySet].map(([set, items]) => `${verb} element ${table} ${set} { ${items.join(', ')} }`);
    const lines = [
      ...elements('delete', this.#deletions),
      ...this.#chains,
      ...elements('add', this.#additions),
      ...this.#removals,
    ];
    this.#deletions = new Map();
    this.#chains = [];
    this.#additions = new Map();
    this.#removals = [];
    return lines.join('\n');
  }

  #set(frontend: Frontend, before: Backend | undefined): void {
    const { key, backend } = frontend;
    const names = mapNames(frontend);
    const [had, has] = [slotsOf(before), slotsOf(backend)];
    had.forEach((endpoint, slot) => {
      if (has[slot] !== endpoint) this.#delete(names.slots, `${key} . ${slot}`);
    });
    has.forEach((endpoint, slot) => {
      if (had[slot] !== endpoint) this.#add(names.slots, `${key} . ${slot} : ${endpoint}`);
    });
    const verdict = this.#verdict(frontend, backend);
    const ranges = rangesChain(frontend);
    if (hasRanges(backend)) {
      const { sourceRanges = [] } = backend;
      this.#chain(ranges, [`ip saddr != { ${sourceRanges.join(', ')} } drop`, `goto ${verdict}`]);
    }
    const target = hasRanges(backend) ? ranges : verdict;
    const oldTarget = before && (hasRanges(before) ? ranges : this.#verdict(frontend, before));
    if (target === oldTarget) return;
    if (before) this.#delete(names.frontends, key);
    this.#add(names.frontends, `${key} : goto ${target}`);
    if (before && hasRanges(before)) this.#removeChain(ranges);
  }

  #remove(frontend: Frontend, backend: Backend): void {
    const names = mapNames(frontend);
    this.#delete(names.frontends, frontend.key);
    if (hasRanges(backend)) this.#removeChain(rangesChain(frontend));
    for (const slot of slotsOf(backend).keys()) this.#delete(names.slots, `${frontend.key} . ${slot}`);
  }

  /** The chain that new connections to the frontend go to. */
  #verdict(frontend: Frontend, backend: Backend): string {
    const { endpoints, dropsIfEmpty, affinity } = backend;
    if (endpoints.length === 0) return dropsIfEmpty ? 'lose' : 'refuse';
    if (affinity) return affinityChain(affinity.name);
    return pickChain(mapNames(frontend).slots, slotCount(endpoints.length));
  }

  /** A set of clients and a chain for each endpoint, as kube-proxy has them: an endpoint that goes takes its clients along. */
  #setAffinity(backend: AffineBackend, before: readonly string[]): void {
    const { affinity, endpoints, keepsSource } = backend;
    const chain = affinityChain(affinity.name);
    for (const endpoint of endpoints) {
      const own = endpointName(affinity.name, endpoint);
      const flags = `size ${maxClients}; flags dynamic,timeout; timeout ${affinity.seconds}s;`;
      if (!before.includes(endpoint))
        this.#chains.push(`add set ${this.#facts.table} ${own} { type ipv4_addr; ${flags} }`);
      this.#chain(own, [
        `update @${own} { ip saddr timeout ${affinity.seconds}s }`,
        `${natProtocols} dnat to ${endpoint.replace(' . ', ':')}`,
      ]);
    }
    const verdicts = endpoints.map((endpoint, slot) => `${slot} : goto ${endpointName(affinity.name, endpoint)}`);
    this.#chain(chain, [
      ...(keepsSource ? [] : [masqueradeRule(this.#facts)]),
      ...endpoints.map((endpoint) => {
        const own = endpointName(affinity.name, endpoint);
        return `ip saddr @${own} goto ${own}`;
      }),
      `numgen random mod ${endpoints.length} vmap { ${verdicts.join(', ')} }`,
    ]);
    for (const endpoint of before) if (!endpoints.includes(endpoint)) this.#removeEndpoint(affinity.name, endpoint);
  }

  #removeAffinity({ affinity, endpoints }: AffineBackend): void {
    this.#removeChain(affinityChain(affinity.name));
    for (const endpoint of endpoints) this.#removeEndpoint(affinity.name, endpoint);
  }

  #removeEndpoint(affinity: string, endpoint: string): void {
    const own = endpointName(affinity, endpoint);
    this.#removeChain(own);
    this.#removals.push(`delete set ${this.#facts.table} ${own}`);
  }

  #removeChain(name: string): void {
    const { table } = this.#facts;
    this.#removals.push(`flush chain ${table} ${name}`, `delete chain ${table} ${name}`);
  }

  #chain(name: string, rules: readonly string[]): void {
    const { table } = this.#facts;
    this.#chains.push(`add chain ${table} ${name}`, `flush chain ${table} ${name}`);
    for (const rule of rules) this.#chains.push(`add rule ${table} ${name} ${rule}`);
  }

  #delete(set: string, element: string): void {
    push(this.#deletions, set, element);
  }

  #add(set: string, element: string): void {
    push(this.#additions, set, element);
  }
}

function push(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}

/** Names of sets of remembered clients begin with this. */
export const affinityPrefix = 'aff/';

function affinityChain(name: string): string {
  return `${affinityPrefix}${name}`;
}

export function endpointName(affinity: string, endpoint: string): string {
  return `${affinityPrefix}${affinity}/${endpoint.replace(' . ', '/')}`;
}

function rangesChain({ from, key }: Frontend): string {
  return `ranges/${from}/${key.replaceAll(' . ', '/')}`;
}

function hasRanges(backend: Backend): boolean {
  return (backend.sourceRanges?.length ?? 0) > 0;
}

/** Backends that remember their clients have chains of their own instead of slots. */
function slotsOf(backend: Backend | undefined): readonly string[] {
  if (!backend || isAffine(backend) || backend.endpoints.length === 0) return [];
  const { endpoints } = backend;
  const count = slotCount(endpoints.length);
  return count === endpoints.length
    ? endpoints
    : Array.from({ length: count }, (_, slot) => endpoints[slot % endpoints.length] ?? '');
}

function mapNames({ from, key }: Frontend): MapNames {
  const prefix = from === 'outside' ? 'outside_' : '';
  return key.split(' . ').length === 3
    ? { frontends: `${prefix}frontends`, slots: `${prefix}endpoints` }
    : { frontends: `${prefix}node_ports`, slots: `${prefix}node_port_endpoints` };
}
