import type { Service } from '../generated/types.ts';
import type { PrinterColumn } from '../kind.ts';
import { ageColumn, nameColumn, textColumn } from './define.ts';

export const serviceColumns: readonly PrinterColumn<Service>[] = [
  nameColumn,
  textColumn('Type', 'How the Service is exposed.', (service) => service.spec.type ?? ''),
  textColumn('Cluster-IP', 'The address inside the cluster.', (service) => service.spec.clusterIP || '<none>'),
  textColumn('External-IP', 'The addresses outside the cluster.', externalText),
  textColumn('Port(s)', 'The ports, with the node port where there is one.', portsText),
  ageColumn,
  textColumn('Selector', 'The labels of the pods behind it.', selectorText, 1),
];

function externalText({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  if (spec.type !== 'LoadBalancer') return external.join(',') || '<none>';
  const ingress = (status.loadBalancer?.ingress ?? []).map((entry) => entry.ip || entry.hostname || '');
  const addresses = [...new Set(ingress.filter((address) => address !== ''))].toSorted();
  return [...addresses, ...external].join(',') || '<pending>';
}

function portsText({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort, protocol = 'TCP' }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return ports.join(',') || '<none>';
}

function selectorText({ spec }: Service): string {
  const pairs = Object.entries(spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.toSorted().join(',') || '<none>';
}
