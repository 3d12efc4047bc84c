import type { EndpointSlice } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { ageColumn, allVerbs, doNothing, nameColumn, textColumn } from './define.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './endpoint-slice-validation.ts';

const shownEntries = 3;

export const endpointSliceKind: KindDefinition<EndpointSlice> = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(slice) {
    slice.endpoints ??= [];
    slice.ports ??= [];
    for (const port of slice.ports) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('AddressType', 'IPv4, IPv6 or FQDN.', (slice) => slice.addressType ?? ''),
    textColumn('Ports', 'The ports of the endpoints.', portsText),
    textColumn('Endpoints', 'The addresses of the endpoints.', endpointsText),
    ageColumn,
  ],
};

function portsText(slice: EndpointSlice): string {
  return shortened(slice.ports.map(({ port, name }) => (port === undefined ? (name ?? '*') : String(port))));
}

function endpointsText(slice: EndpointSlice): string {
  return shortened(slice.endpoints.flatMap((endpoint) => endpoint.addresses));
}

function shortened(entries: readonly string[]): string {
  if (entries.length === 0) return '<unset>';
  const shown = entries.slice(0, shownEntries).join(',');
  return entries.length > shownEntries ? `${shown} + ${entries.length - shownEntries} more...` : shown;
}
