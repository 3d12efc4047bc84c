import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '@gantry/api-types';
import type { AddressBlock, ResolvedPolicy, ResolvedPort, ResolvedRule } from '@gantry/api-types/resolved-policy';
import { type CompiledSelector, compileLabelSelector, type Labels } from '@gantry/api-types/selector';

/** What of a pod decides whether a NetworkPolicy names it as a peer. */
export interface PolicyPod {
  readonly namespace: string;
  readonly labels: Labels;
  readonly ips: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** What resolving a policy looks things up in. */
export interface PolicyWorld {
  /** Pods that have an address and have not ended. */
  podsIn(namespace: string): Iterable<PolicyPod>;
  namespaces(): Iterable<{ readonly name: string; readonly labels: Labels }>;
}

/** Resolves selectors to the addresses of the pods that they select now. Pure; the order of addresses is stable. */
export function resolvePolicy(policy: NetworkPolicy, world: PolicyWorld): ResolvedPolicy {
  const { metadata, spec } = policy;
  const namespace = metadata.namespace ?? '';
  const types = spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
  const peersOf = (peers: readonly NetworkPolicyPeer[] | undefined) => findPeers(namespace, peers, world);
  const ingress = (spec.ingress ?? []).map(({ from, ports }) => {
    const peers = peersOf(from);
    return ruleOf(peers && addressesOf(peers), ports?.map(portOf));
  });
  const egress = (spec.egress ?? []).flatMap(({ to, ports }) => egressRules(peersOf(to), ports, namespace, world));
  return {
    namespace,
    name: metadata.name ?? '',
    podSelector: spec.podSelector,
    ...(types.includes('Ingress') ? { ingress } : {}),
    ...(types.includes('Egress') ? { egress } : {}),
  };
}

/** Whether a change of pods or namespaces elsewhere can change what the policy resolves to. */
export function looksBeyondItsNamespace(policy: NetworkPolicy): boolean {
  const rules = [...(policy.spec.ingress ?? []), ...(policy.spec.egress ?? [])];
  return rules.some((rule) => {
    const peers = 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined;
    // To everybody on a port with a name: any pod may have a port of that name.
    const isNamedForAll =
      (peers ?? []).length === 0 && rule.ports?.some(({ port }) => typeof port === 'string') === true;
    return isNamedForAll || (peers ?? []).some(({ namespaceSelector }) => namespaceSelector !== undefined);
  });
}

interface Peers {
  readonly pods: readonly PolicyPod[];
  readonly blocks: readonly AddressBlock[];
}

/** Undefined for everybody: no peers are listed. */
function findPeers(
  namespace: string,
  peers: readonly NetworkPolicyPeer[] | undefined,
  world: PolicyWorld,
): Peers | undefined {
  if (!peers || peers.length === 0) return undefined;
  const pods = new Set<PolicyPod>();
  const blocks: AddressBlock[] = [];
  for (const { ipBlock, podSelector, namespaceSelector } of peers) {
    if (ipBlock) {
      blocks.push({ cidr: ipBlock.cidr, except: ipBlock.except ?? [] });
      continue;
    }
    // A peer without a podSelector means every pod of the namespaces that it selects.
    const selector = compileLabelSelector(podSelector ?? {});
    const namespaces = namespaceSelector
      ? selectNamespaces(compileLabelSelector(namespaceSelector), world)
      : [namespace];
    for (const name of namespaces)
      for (const pod of world.podsIn(name)) if (selector.matches(pod.labels)) pods.add(pod);
  }
  return { pods: [...pods], blocks };
}

function selectNamespaces(selector: CompiledSelector, world: PolicyWorld): string[] {
  return [...world.namespaces()].filter(({ labels }) => selector.matches(labels)).map(({ name }) => name);
}

/**
 * The name of a port means another number for every pod that is called, so that a rule with names becomes one rule for
 * each number, with the pods that have it.
 */
function egressRules(
  peers: Peers | undefined,
  ports: readonly NetworkPolicyPort[] | undefined,
  namespace: string,
  world: PolicyWorld,
): ResolvedRule[] {
  const addresses = peers && addressesOf(peers);
  const named = (ports ?? []).filter(({ port }) => typeof port === 'string');
  if (named.length === 0) return [ruleOf(addresses, ports?.map(portOf))];
  const numbered = (ports ?? []).filter(({ port }) => typeof port !== 'string');
  const pods = peers?.pods ?? everyPod(world, namespace);
  const rules = numbered.length > 0 ? [ruleOf(addresses, numbered.map(portOf))] : [];
  for (const { port: name, protocol } of named) {
    const byNumber = new Map<number, PolicyPod[]>();
    for (const pod of pods)
      for (const found of pod.ports)
        if (found.name === name && found.protocol.toLowerCase() === protocolOf(protocol))
          byNumber.set(found.port, [...(byNumber.get(found.port) ?? []), pod]);
    for (const [port, having] of byNumber)
      rules.push(ruleOf(addressesOf({ pods: having, blocks: [] }), [{ protocol: protocolOf(protocol), port }]));
  }
  return rules;
}

function everyPod(world: PolicyWorld, namespace: string): PolicyPod[] {
  const names = new Set([namespace, ...[...world.namespaces()].map(({ name }) => name)]);
  return [...names].flatMap((name) => [...world.podsIn(name)]);
}

function ruleOf(peers: ResolvedRule['peers'], ports: readonly ResolvedPort[] | undefined): ResolvedRule {
  return { ...(peers ? { peers } : {}), ...(ports && ports.length > 0 ? { ports } : {}) };
}

function addressesOf({ pods, blocks }: Peers): NonNullable<ResolvedRule['peers']> {
  const ips = [...new Set(pods.flatMap((pod) => pod.ips))];
  return { ips: ips.toSorted(), blocks };
}

function portOf({ protocol, port, endPort }: NetworkPolicyPort): ResolvedPort {
  const base = { protocol: protocolOf(protocol) };
  if (port === undefined) return base;
  if (typeof port === 'string') return { ...base, name: port };
  return endPort === undefined ? { ...base, port } : { ...base, port, endPort };
}

function protocolOf(protocol: string | undefined): ResolvedPort['protocol'] {
  switch (protocol) {
    case 'UDP':
      return 'udp';
    case 'SCTP':
      return 'sctp';
    default:
      return 'tcp';
  }
}
