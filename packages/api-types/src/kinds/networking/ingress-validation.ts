import type { FieldError } from '../../errors.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../generated/types.ts';
import { isIp } from '../../lib/ip.ts';
import { validateDnsSubdomain } from '../../validation/common.ts';
import { addProblems, invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import {
  dns1035LabelProblems,
  dns1123SubdomainProblems,
  portNameProblems,
  portNumberProblems,
} from '../../validation/names.ts';

/** How the class was named before there was a field for it. */
export const ingressClassAnnotation = 'kubernetes.io/ingress.class';

const path = FieldPath.of('spec');
const pathTypes: readonly string[] = ['Exact', 'ImplementationSpecific', 'Prefix'];
const badSequences: readonly string[] = ['//', '/./', '/../', '%2f', '%2F'];
const badEnds: readonly string[] = ['/..', '/.'];

/** The rules of an Ingress. */
export function validateIngress({ metadata, spec }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  const oldClass = metadata.annotations?.[ingressClassAnnotation];
  if (oldClass !== undefined && spec.ingressClassName !== undefined) {
    const annotationPath = FieldPath.of('annotations').child(ingressClassAnnotation);
    errors.push(invalidValue(annotationPath, oldClass, 'can not be set when the class field is also set'));
  }
  const { rules = [], defaultBackend, ingressClassName, tls = [] } = spec;
  if (rules.length === 0 && !defaultBackend) {
    errors.push(invalidValue(path, [], 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend) validateBackend(defaultBackend, path.child('defaultBackend'), errors);
  for (const [index, rule] of rules.entries()) validateRule(rule, path.child('rules').index(index), errors);
  for (const [index, entry] of tls.entries()) validateTls(entry, path.child('tls').index(index), errors);
  if (ingressClassName !== undefined) validateDnsSubdomain(ingressClassName, path.child('ingressClassName'), errors);
  return errors;
}

function validateRule({ host, http }: IngressRule, rulePath: FieldPath, errors: FieldError[]): void {
  if (host) {
    const hostPath = rulePath.child('host');
    if (isIp(host)) errors.push(invalidValue(hostPath, host, 'must be a DNS name, not an IP address'));
    else validateHost(host, hostPath, errors);
  }
  if (!http) return;
  const pathsPath = rulePath.child('http').child('paths');
  if (!http.paths?.length) errors.push(required(pathsPath));
  for (const [index, entry] of (http.paths ?? []).entries()) validatePath(entry, pathsPath.index(index), errors);
}

function validateTls({ hosts = [], secretName }: IngressTLS, tlsPath: FieldPath, errors: FieldError[]): void {
  for (const [index, host] of hosts.entries()) validateHost(host, tlsPath.child('hosts').index(index), errors);
  if (secretName) validateDnsSubdomain(secretName, tlsPath.child('secretName'), errors);
}

/** A wildcard stands for one label at the beginning. */
function validateHost(host: string, hostPath: FieldPath, errors: FieldError[]): void {
  if (!host.includes('*')) {
    validateDnsSubdomain(host, hostPath, errors);
    return;
  }
  const isSound = host.startsWith('*.') && dns1123SubdomainProblems(host.slice(2)).length === 0;
  if (isSound) return;
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  errors.push(invalidValue(hostPath, host, text));
}

function validatePath(entry: HTTPIngressPath, entryPath: FieldPath, errors: FieldError[]): void {
  const { path: value = '', pathType, backend } = entry;
  const valuePath = entryPath.child('path');
  if (pathType === undefined) errors.push(required(entryPath.child('pathType'), 'pathType must be specified'));
  else if (!pathTypes.includes(pathType)) errors.push(notSupported(entryPath.child('pathType'), pathType, pathTypes));
  const isLiteral = pathType === 'Exact' || pathType === 'Prefix';
  if ((isLiteral || value !== '') && !value.startsWith('/')) {
    errors.push(invalidValue(valuePath, value, 'must be an absolute path'));
  }
  if (isLiteral && value !== '') {
    for (const sequence of badSequences) {
      if (value.includes(sequence)) errors.push(invalidValue(valuePath, value, `must not contain '${sequence}'`));
    }
    for (const end of badEnds) {
      if (value.endsWith(end)) errors.push(invalidValue(valuePath, value, `cannot end with '${end}'`));
    }
  }
  validateBackend(backend ?? {}, entryPath.child('backend'), errors);
}

function validateBackend({ service, resource }: IngressBackend, at: FieldPath, errors: FieldError[]): void {
  if (service && resource) {
    errors.push(invalidValue(at, '', 'cannot set both resource and service backends'));
  } else if (resource) {
    if (!resource.kind) errors.push(required(at.child('resource').child('kind')));
    if (!resource.name) errors.push(required(at.child('resource').child('name')));
  } else if (service) {
    const servicePath = at.child('service');
    const { name, port = {} } = service;
    if (name) addProblems(servicePath.child('name'), name, dns1035LabelProblems(name), errors);
    else errors.push(required(servicePath.child('name')));
    const portPath = servicePath.child('port');
    const hasNumber = port.number !== undefined && port.number !== 0;
    if (port.name && hasNumber) errors.push(invalidValue(portPath, '', 'cannot set both port name & port number'));
    else if (port.name) addProblems(portPath.child('name'), port.name, portNameProblems(port.name), errors);
    else if (hasNumber) {
      addProblems(portPath.child('number'), port.number, portNumberProblems(port.number ?? 0), errors);
    } else errors.push(required(portPath, 'port name or number is required'));
  } else {
    errors.push(invalidValue(at, '', 'resource or service backend is required'));
  }
}
