import type { FieldError } from '../errors.ts';
import type { Endpoint, EndpointSlice } from '../generated/types.ts';
import { isIpv4, isIpv6 } from '../lib/ip.ts';
import {
  portProtocols,
  validateDnsLabel,
  validateDnsSubdomain,
  validateNonSpecialIp,
  validateOneOf,
} from '../validation/common.ts';
import { addProblems, duplicate, invalidValue, required, tooMany } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateLabelName } from '../validation/labels.ts';
import { dns1123SubdomainProblems, labelValueProblems, portNumberProblems } from '../validation/names.ts';
import { validateImmutable } from '../validation/object-meta.ts';

const addressTypes: readonly string[] = ['FQDN', 'IPv4', 'IPv6'];
const addressTypePath = FieldPath.of('addressType');
const endpointsPath = FieldPath.of('endpoints');
const portsPath = FieldPath.of('ports');
const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;
const maxHints = 8;

/** The rules of an EndpointSlice. */
export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  validateOneOf(slice.addressType, addressTypes, addressTypePath, errors);
  const { endpoints } = slice;
  if (endpoints.length > maxEndpoints) errors.push(tooMany(endpointsPath, endpoints.length, maxEndpoints));
  else
    for (const [index, endpoint] of endpoints.entries()) {
      validateEndpoint(endpoint, slice.addressType, endpointsPath.index(index), errors);
    }
  validatePorts(slice, errors);
  return errors;
}

/** What of an EndpointSlice may not change: the type of its addresses. */
export function validateEndpointSliceUpdate(next: EndpointSlice, previous: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(next.addressType, previous.addressType, addressTypePath, errors);
  return errors;
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: FieldPath, errors: FieldError[]): void {
  const { addresses = [], hostname, nodeName, hints = {} } = endpoint;
  const addressesPath = path.child('addresses');
  if (addresses.length === 0) errors.push(required(addressesPath, 'must contain at least 1 address'));
  else if (addresses.length > maxAddresses) errors.push(tooMany(addressesPath, addresses.length, maxAddresses));
  for (const [index, address] of addresses.entries()) {
    validateAddress(address, addressType, addressesPath.index(index), errors);
  }
  if (hostname !== undefined) validateDnsLabel(hostname, path.child('hostname'), errors);
  if (nodeName !== undefined) validateDnsSubdomain(nodeName, path.child('nodeName'), errors);
  validateHints(hints.forZones, labelValueProblems, path.child('hints').child('forZones'), errors);
  validateHints(hints.forNodes, dns1123SubdomainProblems, path.child('hints').child('forNodes'), errors);
}

function validateHints(
  hints: readonly { readonly name: string }[] = [],
  problemsOf: (name: string) => readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (hints.length > maxHints) {
    errors.push(tooMany(path, hints.length, maxHints));
    return;
  }
  const names = new Set<string>();
  for (const [index, { name }] of hints.entries()) {
    const namePath = path.index(index).child('name');
    if (names.has(name)) errors.push(duplicate(namePath, name));
    else addProblems(namePath, name, problemsOf(name), errors);
    names.add(name);
  }
}

function validateAddress(address: string, addressType: string, path: FieldPath, errors: FieldError[]): void {
  if (addressType === 'FQDN') {
    validateDnsSubdomain(address.replace(/\.$/, ''), path, errors);
    return;
  }
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return;
  const isSound = addressType === 'IPv4' ? isIpv4(address) : isIpv6(address);
  if (isSound) validateNonSpecialIp(address, path, errors);
  else errors.push(invalidValue(path, address, `must be a valid ${addressType} address`));
}

function validatePorts({ ports }: EndpointSlice, errors: FieldError[]): void {
  if (ports.length > maxPorts) {
    errors.push(tooMany(portsPath, ports.length, maxPorts));
    return;
  }
  const names = new Set<string>();
  for (const [index, { name = '', protocol, port, appProtocol }] of ports.entries()) {
    const path = portsPath.index(index);
    if (name) validateDnsLabel(name, path.child('name'), errors);
    if (names.has(name)) errors.push(duplicate(path.child('name'), name));
    names.add(name);
    validateOneOf(protocol, portProtocols, path.child('protocol'), errors);
    if (port !== undefined) addProblems(path.child('port'), port, portNumberProblems(port), errors);
    if (appProtocol !== undefined) validateLabelName(appProtocol, path.child('appProtocol'), errors);
  }
}
