import type { FieldError } from '../errors.ts';
import type { Service, ServicePort, ServiceSpec } from '../generated/types.ts';
import {
  portProtocols,
  validateCidr,
  validateDnsLabel,
  validateDnsSubdomain,
  validateIp,
  validateNonSpecialIp,
  validateOneOf,
  validateOptionalOneOf,
  validatePort,
} from '../validation/common.ts';
import { addProblems, duplicate, forbidden, invalidValue, required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateLabelName, validateLabels } from '../validation/labels.ts';
import { portNumberProblems } from '../validation/names.ts';
import { isHeadless, validateClusterIps, validateClusterIpUpdate } from './service-ip-validation.ts';

const path = FieldPath.of('spec');
const portsPath = path.child('ports');
const types: readonly string[] = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const trafficPolicies: readonly string[] = ['Cluster', 'Local'];
const distributions: readonly string[] = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const maxAffinitySeconds = 86_400;

/** The ports that Services may open on every node. */
export const nodePortRange = { first: 30_000, last: 32_767 } as const;

/** The rules of a Service. */
export function validateService({ spec }: Service): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.ports?.length && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required(portsPath));
  if (spec.type === 'ExternalName') validateExternalName(spec, errors);
  if (isHeadless(spec) && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    const text = `may not be set to 'None' for ${spec.type} services`;
    errors.push(invalidValue(path.child('clusterIPs').index(0), 'None', text));
  }
  validatePorts(spec, errors);
  validateLabels(spec.selector, path.child('selector'), errors);
  validateSessionAffinity(spec, errors);
  if (spec.type !== 'ExternalName') validateClusterIps(spec, path, errors);
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    const ipPath = path.child('externalIPs').index(index);
    if (validateIp(ip, ipPath, errors)) validateNonSpecialIp(ip, ipPath, errors);
  }
  validateOneOf(spec.type, types, path.child('type'), errors);
  validateLoadBalancer(spec, errors);
  validateTraffic(spec, errors);
  return errors;
}

/** What of a Service may not change: the addresses it has. */
export function validateServiceUpdate(next: Service, previous: Service): FieldError[] {
  const errors: FieldError[] = [];
  validateClusterIpUpdate(next.spec, previous.spec, path, errors);
  const wasBalanced = previous.spec.type === 'LoadBalancer' && next.spec.type === 'LoadBalancer';
  if (wasBalanced && next.spec.loadBalancerClass !== previous.spec.loadBalancerClass) {
    const classPath = path.child('loadBalancerClass');
    errors.push(invalidValue(classPath, next.spec.loadBalancerClass, 'may not change once set'));
  }
  return errors;
}

function validateExternalName(spec: ServiceSpec, errors: FieldError[]): void {
  for (const field of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    if (spec[field]?.length) errors.push(forbidden(path.child(field), 'may not be set for ExternalName services'));
  }
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name) validateDnsSubdomain(name, path.child('externalName'), errors);
  else errors.push(required(path.child('externalName')));
}

function validatePorts(spec: ServiceSpec, errors: FieldError[]): void {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  const nodePorts = new Set<string>();
  const pairs = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const itemPath = portsPath.index(index);
    validateServicePort(port, ports.length > 1, names, itemPath, errors);
    if (port.nodePort) validateNodePort(spec, port, nodePorts, itemPath, errors);
    const pair = `${port.protocol}/${port.port}`;
    if (pairs.has(pair)) errors.push(duplicate(itemPath, { port: port.port, protocol: port.protocol }));
    pairs.add(pair);
  }
}

function validateServicePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  itemPath: FieldPath,
  errors: FieldError[],
): void {
  const { name, protocol, targetPort, appProtocol } = port;
  if (name) {
    validateDnsLabel(name, itemPath.child('name'), errors);
    if (names.has(name)) errors.push(duplicate(itemPath.child('name'), name));
    names.add(name);
  } else if (needsName) {
    errors.push(required(itemPath.child('name')));
  }
  addProblems(itemPath.child('port'), port.port ?? 0, portNumberProblems(port.port ?? 0), errors);
  validateOneOf(protocol, portProtocols, itemPath.child('protocol'), errors);
  validatePort(targetPort, itemPath.child('targetPort'), errors);
  if (appProtocol !== undefined) validateLabelName(appProtocol, itemPath.child('appProtocol'), errors);
}

function validateNodePort(
  spec: ServiceSpec,
  { nodePort = 0, protocol }: ServicePort,
  taken: Set<string>,
  itemPath: FieldPath,
  errors: FieldError[],
): void {
  const nodePortPath = itemPath.child('nodePort');
  if (spec.type === 'ClusterIP') {
    errors.push(forbidden(nodePortPath, "may not be used when `type` is 'ClusterIP'"));
  } else if (nodePort < nodePortRange.first || nodePort > nodePortRange.last) {
    const range = `${nodePortRange.first}-${nodePortRange.last}`;
    const text = `provided port is not in the valid range. The range of valid ports is ${range}`;
    errors.push(invalidValue(nodePortPath, nodePort, text));
  }
  const key = `${protocol}/${nodePort}`;
  if (taken.has(key)) errors.push(duplicate(nodePortPath, nodePort));
  taken.add(key);
}

function validateSessionAffinity(spec: ServiceSpec, errors: FieldError[]): void {
  validateOneOf(spec.sessionAffinity, ['ClientIP', 'None'], path.child('sessionAffinity'), errors);
  const configPath = path.child('sessionAffinityConfig');
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None' && config) {
    errors.push(forbidden(configPath, 'must not be set when session affinity is None'));
  }
  if (spec.sessionAffinity !== 'ClientIP') return;
  const text = 'when session affinity type is ClientIP';
  const seconds = config?.clientIP?.timeoutSeconds;
  const secondsPath = configPath.child('clientIP').child('timeoutSeconds');
  if (seconds === undefined) errors.push(required(secondsPath, text));
  else if (seconds <= 0 || seconds > maxAffinitySeconds) {
    errors.push(invalidValue(secondsPath, seconds, `must be greater than 0 and less than ${maxAffinitySeconds}`));
  }
}

function validateLoadBalancer(spec: ServiceSpec, errors: FieldError[]): void {
  const isLoadBalancer = spec.type === 'LoadBalancer';
  const onlyText = "may only be used when `type` is 'LoadBalancer'";
  const ranges = spec.loadBalancerSourceRanges ?? [];
  // Kubernetes spells this path with a capital letter.
  const rangesPath = path.child('LoadBalancerSourceRanges');
  if (ranges.length > 0 && !isLoadBalancer) errors.push(forbidden(rangesPath, onlyText));
  for (const [index, range] of ranges.entries()) validateCidr(range.trim(), rangesPath.index(index), errors);
  for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const) {
    if (spec[field] !== undefined && !isLoadBalancer) errors.push(forbidden(path.child(field), onlyText));
  }
  if (isLoadBalancer && spec.loadBalancerClass !== undefined) {
    validateLabelName(spec.loadBalancerClass, path.child('loadBalancerClass'), errors);
  }
}

function validateTraffic(spec: ServiceSpec, errors: FieldError[]): void {
  const isExternal = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0;
  const externalPath = path.child('externalTrafficPolicy');
  if (isExternal) validateOneOf(spec.externalTrafficPolicy, trafficPolicies, externalPath, errors);
  else if (spec.externalTrafficPolicy) {
    const text = 'may only be set for externally-accessible services';
    errors.push(invalidValue(externalPath, spec.externalTrafficPolicy, text));
  }
  const needsHealthCheck = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
  if (spec.healthCheckNodePort && !needsHealthCheck) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue(path.child('healthCheckNodePort'), spec.healthCheckNodePort, text));
  }
  const internalPath = path.child('internalTrafficPolicy');
  if (spec.type !== 'ExternalName') validateOneOf(spec.internalTrafficPolicy, trafficPolicies, internalPath, errors);
  validateOptionalOneOf(spec.trafficDistribution, distributions, path.child('trafficDistribution'), errors);
}
