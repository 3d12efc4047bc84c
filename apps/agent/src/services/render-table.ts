/** What the rules of one node's data path are about, beside the Services. */
export interface DataPathFacts {
  /** `ip gantry_abc_svc`, as nft commands name the table. */
  readonly table: string;
  readonly podCidr: string;
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  /** nft patterns of the links that the node's own pods are behind (`gtabc*`). */
  readonly ownLinks: readonly string[];
  /** The same for pods of other nodes on this host: their own node's rules are for them. */
  readonly otherLinks: readonly string[];
}

/** Marks a packet whose source is to be replaced as it leaves; kube-proxy's own bit. */
export const masqueradeMark = '0x4000';
/** Marks a packet to a Service without endpoints: chains of type nat cannot refuse it themselves. */
export const refuseMark = '0x8000';

/** Just before the engine's chains, so that a Service's port on the host goes before a published one. */
const dstnatPriority = -105;
const srcnatPriority = 95;
const filterPriority = -10;

const addressFrontends = 'type ipv4_addr . inet_proto . inet_service : verdict;';
const portFrontends = 'type inet_proto . inet_service : verdict;';
const addressSlots = 'typeof ip daddr . meta l4proto . th dport . numgen random mod 65536 : ip daddr . th dport;';
const portSlots = 'typeof meta l4proto . th dport . numgen random mod 65536 : ip daddr . th dport;';

export const natProtocols = 'meta l4proto { tcp, udp, sctp }';

const addressSelector = 'ip daddr . meta l4proto . th dport';
const portSelector = 'meta l4proto . th dport';
/** The maps of slots, and whether who is led by them keeps its address. */
const slotMaps = [
  { name: 'endpoints', selector: addressSelector, keepsSource: false },
  { name: 'outside_endpoints', selector: addressSelector, keepsSource: true },
  { name: 'node_port_endpoints', selector: portSelector, keepsSource: false },
  { name: 'outside_node_port_endpoints', selector: portSelector, keepsSource: true },
] as const;

const maxExactSlots = 32;
const largeSlotCounts = [1_024, 8_192];

/**
 * How many slots a Service with that many endpoints has: as many, or so many more that each endpoint gets nearly the
 * same share of them. There are few different counts, so that the chains that pick a slot are made once with the table.
 */
export function slotCount(endpoints: number): number {
  if (endpoints <= maxExactSlots) return endpoints;
  return largeSlotCounts.find((count) => count >= endpoints * 8) ?? 8_192;
}

/** The chain that leads to one of `count` slots of the map. */
export function pickChain(slotMap: string, count: number): string {
  return `${slotMap}_${count}`;
}

/** Clients that are not pods of this node get the node's address, so that answers come back through it. */
export function masqueradeRule({ podCidr }: DataPathFacts): string {
  return `ip saddr != ${podCidr} meta mark set meta mark or ${masqueradeMark}`;
}

/**
 * Made together with the maps: nft 1.0 cannot add rules that look up a map whose type is given by `typeof` later on
 * ("conflicting protocols specified: tcp vs. th").
 */
function pickChains(facts: DataPathFacts): string[] {
  const counts = [...Array.from({ length: maxExactSlots }, (_, index) => index + 1), ...largeSlotCounts];
  return slotMaps.flatMap(({ name, selector, keepsSource }) =>
    counts.flatMap((count) => {
      const chain = `${facts.table} ${pickChain(name, count)}`;
      return [
        `add chain ${chain}`,
        ...(keepsSource ? [] : [`add rule ${chain} ${masqueradeRule(facts)}`]),
        `add rule ${chain} ${natProtocols} dnat ip to ${selector} . numgen random mod ${count} map @${name}`,
      ];
    }),
  );
}

/**
 * The table without Services. A new connection costs one look-up for its Service and one for its endpoint, however
 * many Services there are: `frontends` leads to a chain that picks a slot out of as many as the Service has endpoints,
 * and the slot's address is in `endpoints`. Established connections do not come here: they are the kernel's.
 */
export function renderTable(facts: DataPathFacts): string {
  const { table, clusterCidr, serviceCidr, ownLinks, otherLinks } = facts;
  const chain = (name: string, hook: string, rules: readonly string[]) => [
    `add chain ${table} ${name}${hook ? ` { ${hook}; policy accept; }` : ''}`,
    ...rules.map((rule) => `add rule ${table} ${name} ${rule}`),
  ];
  const anyPort = 'fib daddr type local ip daddr != 127.0.0.0/8 meta l4proto . th dport vmap';
  return [
    ...['frontends', 'outside_frontends'].map((name) => `add map ${table} ${name} { ${addressFrontends} }`),
    ...['node_ports', 'outside_node_ports'].map((name) => `add map ${table} ${name} { ${portFrontends} }`),
    ...['endpoints', 'outside_endpoints'].map((name) => `add map ${table} ${name} { ${addressSlots} }`),
    ...['node_port_endpoints', 'outside_node_port_endpoints'].map(
      (name) => `add map ${table} ${name} { ${portSlots} }`,
    ),
    `add set ${table} hairpins { type ipv4_addr . ipv4_addr; }`,
    ...pickChains(facts),
    ...chain('refuse', '', [`meta mark set meta mark or ${refuseMark}`]),
    ...chain('lose', '', ['drop']),
    ...chain('answer_no', '', ['meta l4proto tcp reject with tcp reset', 'reject']),
    ...chain('dispatch', '', ['ip daddr . meta l4proto . th dport vmap @frontends', `${anyPort} @node_ports`]),
    ...chain('outside', '', [
      'ip daddr . meta l4proto . th dport vmap @outside_frontends',
      `${anyPort} @outside_node_ports`,
    ]),
    ...chain('prerouting', `type nat hook prerouting priority ${dstnatPriority}`, [
      ...ownLinks.map((link) => `iifname "${link}" goto dispatch`),
      ...otherLinks.map((link) => `iifname "${link}" ip saddr ${clusterCidr} return`),
      'jump outside',
      'goto dispatch',
    ]),
    ...chain('local_output', `type nat hook output priority ${dstnatPriority}`, ['goto dispatch']),
    ...chain('postrouting', `type nat hook postrouting priority ${srcnatPriority}`, [
      'oifname "lo" return',
      'ip saddr . ip daddr @hairpins masquerade',
      // Taken off again: a packet that is wrapped (VXLAN) would be masqueraded twice.
      `meta mark and ${masqueradeMark} == ${masqueradeMark} meta mark set meta mark xor ${masqueradeMark} masquerade`,
    ]),
    // What still has a cluster IP as its destination here belongs to no port of any Service with endpoints.
    ...chain('refuse_unknown', '', [
      `meta mark and ${refuseMark} == ${refuseMark} goto answer_no`,
      `ip daddr ${serviceCidr} goto answer_no`,
    ]),
    ...['input', 'forward', 'output'].flatMap((hook) =>
      chain(`filter_${hook}`, `type filter hook ${hook} priority ${filterPriority}`, [
        'ct state new goto refuse_unknown',
      ]),
    ),
  ].join('\n');
}
