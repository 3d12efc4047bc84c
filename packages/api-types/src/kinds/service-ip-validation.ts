import type { FieldError } from '../errors.ts';
import type { ServiceSpec } from '../generated/types.ts';
import { isIpv4 } from '../lib/ip.ts';
import { validateIp, validateOptionalOneOf } from '../validation/common.ts';
import { duplicate, invalidValue, notSupported, required } from '../validation/field-errors.ts';
import type { FieldPath } from '../validation/field-path.ts';

const families: readonly string[] = ['IPv4', 'IPv6'];
const familyPolicies: readonly string[] = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** A Service without an address of its own (`clusterIP: None`). */
export function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None';
}

/** The rules of a Service's addresses and address families. */
export function validateClusterIps(spec: ServiceSpec, path: FieldPath, errors: FieldError[]): void {
  const { clusterIP, clusterIPs = [], ipFamilies = [] } = spec;
  const ipsPath = path.child('clusterIPs');
  if (clusterIP && clusterIPs.length === 0) errors.push(required(ipsPath));
  else if (clusterIP && clusterIPs[0] !== clusterIP) {
    errors.push(invalidValue(ipsPath, clusterIPs, 'first value must match `clusterIP`'));
  } else if (!clusterIP && clusterIPs.length > 0) {
    errors.push(invalidValue(ipsPath, clusterIPs, 'must be empty when `clusterIP` is not specified'));
  }
  for (const [index, family] of ipFamilies.entries()) {
    const familyPath = path.child('ipFamilies').index(index);
    if (!families.includes(family)) errors.push(notSupported(familyPath, family, families));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(familyPath, family));
  }
  validateOptionalOneOf(spec.ipFamilyPolicy, familyPolicies, path.child('ipFamilyPolicy'), errors);
  if (validateAddresses(clusterIPs, ipsPath, errors) && !isHeadless(spec)) {
    validateFamilies(clusterIPs, ipFamilies, ipsPath, errors);
  }
}

/** True where every address is one. */
function validateAddresses(clusterIPs: readonly string[], path: FieldPath, errors: FieldError[]): boolean {
  let isSound = true;
  for (const [index, ip] of clusterIPs.entries()) {
    if (index > 0 || ip !== 'None') isSound = validateIp(ip, path.index(index), errors) && isSound;
    else if (clusterIPs.length > 1) {
      isSound = false;
      errors.push(invalidValue(path, clusterIPs, "'None' must be the first and only value"));
    }
  }
  if (clusterIPs.length > 2) errors.push(invalidValue(path, clusterIPs, 'may only hold up to 2 values'));
  return isSound;
}

function validateFamilies(
  clusterIPs: readonly string[],
  ipFamilies: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (clusterIPs.length === 2 && isIpv4(clusterIPs[0] ?? '') === isIpv4(clusterIPs[1] ?? '')) {
    errors.push(invalidValue(path, clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  for (const [index, ip] of clusterIPs.entries()) {
    const family = ipFamilies[index];
    if (family === undefined || (family === 'IPv4') === isIpv4(ip)) continue;
    const text = `expected an ${family} value as indicated by \`ipFamilies[${index}]\``;
    errors.push(invalidValue(path.index(index), ip, text));
  }
}

/** Addresses stay as they are, unless the Service becomes or was an ExternalName or headless. */
export function validateClusterIpUpdate(
  next: ServiceSpec,
  previous: ServiceSpec,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (next.type === 'ExternalName' || previous.type === 'ExternalName') return;
  if (isHeadless(next) && isHeadless(previous)) return;
  const ips = next.clusterIPs ?? [];
  const old = previous.clusterIPs ?? [];
  const ipsPath = path.child('clusterIPs');
  if (old.length > 0 && ips.length === 0) {
    errors.push(invalidValue(ipsPath.index(0), ips, 'primary clusterIP can not be unset'));
    return;
  }
  const shared = Math.min(ips.length, old.length);
  for (let index = 0; index < shared; index += 1) {
    if (ips[index] !== old[index]) errors.push(invalidValue(ipsPath.index(index), ips, 'may not change once set'));
  }
  if (old.length > ips.length && next.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    errors.push(invalidValue(path.child('ipFamilyPolicy'), next.ipFamilyPolicy, text));
  }
}
