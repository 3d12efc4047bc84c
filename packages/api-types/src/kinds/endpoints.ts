import type { FieldError } from '../errors.ts';
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import {
  portProtocols,
  validateDnsLabel,
  validateDnsSubdomain,
  validateIp,
  validateNonSpecialIp,
  validateOneOf,
} from '../validation/common.ts';
import { addProblems, required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateLabelName } from '../validation/labels.ts';
import { portNumberProblems } from '../validation/names.ts';
import { ageColumn, allVerbs, nameColumn, noErrors, storedAsSent, textColumn } from './define.ts';

const shownAddresses = 3;

export const endpointsKind: KindDefinition<Endpoints> = {
  ...storedAsSent,
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  setDefaults({ subsets = [] }) {
    for (const { ports = [] } of subsets) for (const port of ports) port.protocol ??= 'TCP';
  },
  validate({ subsets = [] }) {
    const errors: FieldError[] = [];
    const path = FieldPath.of('subsets');
    for (const [index, subset] of subsets.entries()) validateSubset(subset, path.index(index), errors);
    return errors;
  },
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  columns: [nameColumn, textColumn('Endpoints', 'The ready addresses with their ports.', addressesText), ageColumn],
};

function validateSubset(subset: EndpointSubset, path: FieldPath, errors: FieldError[]): void {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length + notReadyAddresses.length === 0) {
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
  }
  for (const [index, address] of addresses.entries()) {
    validateAddress(address, path.child('addresses').index(index), errors);
  }
  for (const [index, address] of notReadyAddresses.entries()) {
    validateAddress(address, path.child('notReadyAddresses').index(index), errors);
  }
  for (const [index, port] of ports.entries()) {
    validatePort(port, ports.length > 1, path.child('ports').index(index), errors);
  }
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, path: FieldPath, errors: FieldError[]): void {
  if (validateIp(ip, path.child('ip'), errors)) validateNonSpecialIp(ip, path.child('ip'), errors);
  if (hostname) validateDnsLabel(hostname, path.child('hostname'), errors);
  if (nodeName !== undefined) validateDnsSubdomain(nodeName, path.child('nodeName'), errors);
}

function validatePort(endpointPort: EndpointPort, isNamed: boolean, path: FieldPath, errors: FieldError[]): void {
  const { name, port, protocol, appProtocol } = endpointPort;
  if (name) validateDnsLabel(name, path.child('name'), errors);
  else if (isNamed) errors.push(required(path.child('name')));
  addProblems(path.child('port'), port, portNumberProblems(port), errors);
  validateOneOf(protocol, portProtocols, path.child('protocol'), errors);
  if (appProtocol !== undefined) validateLabelName(appProtocol, path.child('appProtocol'), errors);
}

function addressesText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) =>
          addresses.map(({ ip }) => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`)),
        ),
  );
  const shown = all.slice(0, shownAddresses).join(',');
  return all.length > shownAddresses ? `${shown} + ${all.length - shownAddresses} more...` : shown;
}
