import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../generated/types.ts';
import { validateDnsSubdomain, validateIp, validateOneOf } from '../../validation/common.ts';
import { invalidValue, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';

const policies: readonly string[] = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const maxNameservers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

/** The rules of `dnsPolicy` and `dnsConfig`; the limits are those of libc's resolver. */
export function validateDns(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  validateOneOf(spec.dnsPolicy, policies, path.child('dnsPolicy'), errors);
  const config = spec.dnsConfig;
  const configPath = path.child('dnsConfig');
  if (spec.dnsPolicy === 'None' && !config) {
    errors.push(required(configPath, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  } else if (spec.dnsPolicy === 'None' && !config?.nameservers?.length) {
    const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(required(configPath.child('nameservers'), text));
  } else if (config) {
    validateConfig(config, configPath, errors);
  }
}

function validateConfig(config: NonNullable<PodSpec['dnsConfig']>, path: FieldPath, errors: FieldError[]): void {
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > maxNameservers) {
    const text = `must not have more than ${maxNameservers} nameservers`;
    errors.push(invalidValue(path.child('nameservers'), nameservers, text));
  }
  for (const [index, server] of nameservers.entries()) {
    validateIp(server, path.child('nameservers').index(index), errors);
  }
  const searchesPath = path.child('searches');
  if (searches.length > maxSearches) {
    errors.push(invalidValue(searchesPath, searches, `must not have more than ${maxSearches} search paths`));
  }
  if (searches.join(' ').length > maxSearchCharacters) {
    const text = `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`;
    errors.push(invalidValue(searchesPath, searches, text));
  }
  for (const [index, search] of searches.entries()) {
    // Underscores are allowed in search paths, as the resolver allows them.
    const plain = search.replace(/\.$/, '').replaceAll('_', 'x');
    if (search !== '.') validateDnsSubdomain(plain, searchesPath.index(index), errors);
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) errors.push(required(path.child('options').index(index), 'must not be empty'));
  }
}
