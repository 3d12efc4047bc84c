import type { FieldError } from '../errors.ts';
import { isCidr, isIp, specialIpProblem } from '../lib/ip.ts';
import { addProblems, invalidValue, negativeText, notSupported, required } from './field-errors.ts';
import type { FieldPath } from './field-path.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems, portNameProblems, portNumberProblems } from './names.ts';

/** Refuses a number below zero; a missing one is fine. */
export function validateNonNegative(value: number | undefined, path: FieldPath, errors: FieldError[]): void {
  if (value !== undefined && value < 0) errors.push(invalidValue(path, value, negativeText));
}

/** Refuses what is no DNS label. */
export function validateDnsLabel(value: string, path: FieldPath, errors: FieldError[]): void {
  addProblems(path, value, dns1123LabelProblems(value), errors);
}

/** Refuses what is no DNS subdomain. */
export function validateDnsSubdomain(value: string, path: FieldPath, errors: FieldError[]): void {
  addProblems(path, value, dns1123SubdomainProblems(value), errors);
}

/** Refuses what is neither a port number nor a port name. */
export function validatePort(port: number | string | undefined, path: FieldPath, errors: FieldError[]): void {
  if (typeof port === 'string') addProblems(path, port, portNameProblems(port), errors);
  else addProblems(path, port ?? 0, portNumberProblems(port ?? 0), errors);
}

const ipText = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const cidrText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Refuses what is no IP address; true where it is one. */
export function validateIp(value: string, path: FieldPath, errors: FieldError[]): boolean {
  if (isIp(value)) return true;
  errors.push(invalidValue(path, value, ipText));
  return false;
}

/** Refuses addresses no traffic from elsewhere can reach: unspecified, loopback, link-local. */
export function validateNonSpecialIp(value: string, path: FieldPath, errors: FieldError[]): void {
  const problem = specialIpProblem(value);
  if (problem) errors.push(invalidValue(path, value, problem));
}

/** Refuses what is no address range. */
export function validateCidr(value: string, path: FieldPath, errors: FieldError[]): void {
  if (!isCidr(value)) errors.push(invalidValue(path, value, cidrText));
}

/** The protocols ports can have. */
export const portProtocols: readonly string[] = ['SCTP', 'TCP', 'UDP'];

/** Refuses a missing value and one that is not in the list. */
export function validateOneOf(
  value: string | undefined,
  supported: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (!value) errors.push(required(path));
  else if (!supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** Refuses a value that is set and not in the list. */
export function validateOptionalOneOf(
  value: string | undefined,
  supported: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** Refuses paths that are absolute or climb out of where they start. */
export function validateLocalPath(value: string, path: FieldPath, errors: FieldError[]): void {
  if (value.startsWith('/')) errors.push(invalidValue(path, value, 'must be a relative path'));
  validateNoBacksteps(value, path, errors);
}

/** Refuses `..` as a part of a path. */
export function validateNoBacksteps(value: string, path: FieldPath, errors: FieldError[]): void {
  if (value.split('/').includes('..')) errors.push(invalidValue(path, value, "must not contain '..'"));
}
