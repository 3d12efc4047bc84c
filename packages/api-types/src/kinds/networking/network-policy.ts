import type { FieldError } from '../../errors.ts';
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { isCidr, isStrictSubrange } from '../../lib/ip.ts';
import { formatLabelSelector } from '../../selector.ts';
import { portProtocols, validateCidr, validateOptionalOneOf, validatePort } from '../../validation/common.ts';
import { forbidden, invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { ageColumn, allVerbs, nameColumn, noErrors, storedAsSent, textColumn } from '../define.ts';

const path = FieldPath.of('spec');
const policyTypes: readonly string[] = ['Egress', 'Ingress'];

export const networkPolicyKind: KindDefinition<NetworkPolicy> = {
  ...storedAsSent,
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  hasGeneration: true,
  setDefaults(policy) {
    policy.spec ??= {} as NetworkPolicySpec;
    const { spec } = policy;
    spec.podSelector ??= {};
    if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
    for (const { ports } of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of ports ?? []) port.protocol ??= 'TCP';
    }
  },
  validate: validateNetworkPolicy,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  columns: [
    nameColumn,
    textColumn('Pod-Selector', 'The pods it is about.', ({ spec }) => formatLabelSelector(spec.podSelector)),
    ageColumn,
  ],
};

function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors: FieldError[] = [];
  validateLabelSelector(spec.podSelector, path.child('podSelector'), errors);
  for (const [index, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
    const rulePath = path.child('ingress').index(index);
    ports.forEach((port, at) => {
      validatePolicyPort(port, rulePath.child('ports').index(at), errors);
    });
    from.forEach((peer, at) => {
      validatePeer(peer, rulePath.child('from').index(at), errors);
    });
  }
  for (const [index, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
    const rulePath = path.child('egress').index(index);
    ports.forEach((port, at) => {
      validatePolicyPort(port, rulePath.child('ports').index(at), errors);
    });
    to.forEach((peer, at) => {
      validatePeer(peer, rulePath.child('to').index(at), errors);
    });
  }
  const types = spec.policyTypes ?? [];
  const typesPath = path.child('policyTypes');
  if (types.length > policyTypes.length) {
    errors.push(invalidValue(typesPath, types, 'may not specify more than two policyTypes'));
  } else {
    for (const [index, type] of types.entries()) {
      if (!policyTypes.includes(type)) errors.push(notSupported(typesPath.index(index), type, policyTypes));
    }
  }
  return errors;
}

function validatePolicyPort({ protocol, port, endPort }: NetworkPolicyPort, at: FieldPath, errors: FieldError[]): void {
  validateOptionalOneOf(protocol, portProtocols, at.child('protocol'), errors);
  if (port !== undefined) validatePort(port, at.child('port'), errors);
  if (endPort === undefined) return;
  const endPath = at.child('endPort');
  if (port === undefined) {
    errors.push(invalidValue(endPath, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'string') {
    errors.push(invalidValue(endPath, endPort, 'may not be specified when `port` is non-numeric'));
  } else if (endPort < port) {
    errors.push(invalidValue(endPath, endPort, 'must be greater than or equal to `port`'));
  } else {
    validatePort(endPort, endPath, errors);
  }
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  at: FieldPath,
  errors: FieldError[],
): void {
  validateLabelSelector(podSelector, at.child('podSelector'), errors);
  validateLabelSelector(namespaceSelector, at.child('namespaceSelector'), errors);
  if (ipBlock) validateIpBlock(ipBlock, at.child('ipBlock'), errors);
  if (!podSelector && !namespaceSelector && !ipBlock) errors.push(required(at, 'must specify a peer'));
  else if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  }
}

function validateIpBlock({ cidr, except = [] }: IPBlock, at: FieldPath, errors: FieldError[]): void {
  if (!cidr) {
    errors.push(required(at.child('cidr')));
    return;
  }
  validateCidr(cidr, at.child('cidr'), errors);
  for (const [index, range] of except.entries()) {
    const exceptPath = at.child('except').index(index);
    validateCidr(range, exceptPath, errors);
    if (isCidr(range) && isCidr(cidr) && !isStrictSubrange(range, cidr)) {
      errors.push(invalidValue(exceptPath, range, 'must be a strict subset of `cidr`'));
    }
  }
}
