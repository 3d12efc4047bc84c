import type { Ingress } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { ageColumn, allVerbs, nameColumn, noErrors, statusHooks, statusSubresource, textColumn } from '../define.ts';
import { ingressClassAnnotation, validateIngress } from './ingress-validation.ts';

const shownHosts = 3;

export const ingressKind: KindDefinition<Ingress> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('networking.k8s.io', 'v1', 'Ingress')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(ingress) {
    ingress.spec ??= {};
    ingress.status ??= { loadBalancer: {} };
  },
  ...statusHooks<Ingress>(() => ({ loadBalancer: {} })),
  validate: validateIngress,
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Class', 'The class that carries it out.', classText),
    textColumn('Hosts', 'The hosts it answers for.', hostsText),
    textColumn('Address', 'Where it is reached.', addressText),
    textColumn('Ports', 'The ports it is reached at.', ({ spec }) => (spec.tls?.length ? '80, 443' : '80')),
    ageColumn,
  ],
};

function classText({ metadata, spec }: Ingress): string {
  return spec.ingressClassName ?? metadata.annotations?.[ingressClassAnnotation] ?? '<none>';
}

function hostsText({ spec }: Ingress): string {
  const hosts = (spec.rules ?? []).map((rule) => rule.host || '*');
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, shownHosts).join(',');
  return hosts.length > shownHosts ? `${shown} + ${hosts.length - shownHosts} more...` : shown;
}

function addressText({ status }: Ingress): string {
  const addresses = (status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(addresses)].toSorted().join(',');
}
