import type { FieldError } from '../../errors.ts';
import type { PodSpec } from '../../generated/types.ts';
import {
  validateDnsLabel,
  validateDnsSubdomain,
  validateIp,
  validateOneOf,
  validateOptionalOneOf,
} from '../../validation/common.ts';
import { addProblems, duplicate, forbidden, invalidValue, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { validateLabels } from '../../validation/labels.ts';
import { qualifiedNameProblems, rangeText } from '../../validation/names.ts';
import {
  validateContainerResourceName,
  validateRequirements,
  validateResourceQuantity,
} from '../../validation/resources.ts';
import { validateAffinity } from './affinity-validation.ts';
import { validateContainers } from './container-validation.ts';
import { validateDns } from './dns-validation.ts';
import { validateSpreadConstraints, validateTolerations } from './scheduling-validation.ts';
import { validatePodSecurity } from './security-validation.ts';
import { validateVolumes } from './volume-validation.ts';

const maxInt32 = 2 ** 31 - 1;
const noNames: ReadonlySet<string> = new Set();
const restartPolicies: readonly string[] = ['Always', 'OnFailure', 'Never'];
const preemptionPolicies: readonly string[] = ['PreemptLowerPriority', 'Never'];
const subdomainFields = ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const;

/** Whether the spec is a pod's own, and then the name of the pod; templates obey fewer rules. */
export interface PodSpecRules {
  readonly isPod: boolean;
  readonly podName?: string;
}

/** The rules of a pod spec, in a pod or in a template. */
export function validatePodSpec(spec: PodSpec, rules: PodSpecRules, path: FieldPath, errors: FieldError[]): void {
  const volumes = validateVolumes(spec, rules.podName, path.child('volumes'), errors);
  const claimNames = spec.resourceClaims?.length
    ? validateResourceClaims(spec.resourceClaims, path.child('resourceClaims'), errors)
    : noNames;
  validateContainers({ spec, volumes, claimNames, isPod: rules.isPod }, path, errors);
  if (spec.resources) validatePodResources(spec.resources, claimNames, path.child('resources'), errors);
  if (spec.hostNetwork) validateHostNetworkPorts(spec, rules.isPod, path.child('containers'), errors);
  validateOneOf(spec.restartPolicy, restartPolicies, path.child('restartPolicy'), errors);
  validateDns(spec, path, errors);
  if (spec.nodeSelector) validateLabels(spec.nodeSelector, path.child('nodeSelector'), errors);
  validatePodSecurity(spec, path, errors);
  validatePlacement(spec, path, errors);
  validateNames(spec, path, errors);
  validateRest(spec, path, errors);
}

function validatePlacement(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  if (spec.affinity) validateAffinity(spec.affinity, path.child('affinity'), errors);
  if (spec.tolerations) validateTolerations(spec.tolerations, path.child('tolerations'), errors);
  if (spec.topologySpreadConstraints) {
    validateSpreadConstraints(spec.topologySpreadConstraints, path.child('topologySpreadConstraints'), errors);
  }
  spec.readinessGates?.forEach(({ conditionType }, index) => {
    const gatePath = path.child('readinessGates').index(index).child('conditionType');
    addProblems(gatePath, conditionType, qualifiedNameProblems(conditionType ?? ''), errors);
  });
  const gates = new Set<string>();
  spec.schedulingGates?.forEach(({ name }, index) => {
    const gatePath = path.child('schedulingGates').index(index);
    addProblems(gatePath, name, qualifiedNameProblems(name ?? ''), errors);
    if (gates.has(name)) errors.push(duplicate(gatePath, name));
    gates.add(name);
  });
}

function validateNames(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  for (const field of subdomainFields) {
    const value = spec[field];
    if (value) validateDnsSubdomain(value, path.child(field), errors);
  }
  if (spec.hostname) validateDnsLabel(spec.hostname, path.child('hostname'), errors);
  if (spec.subdomain) validateDnsLabel(spec.subdomain, path.child('subdomain'), errors);
  for (const [index, { ip, hostnames }] of (spec.hostAliases ?? []).entries()) {
    const aliasPath = path.child('hostAliases').index(index);
    validateIp(ip ?? '', aliasPath.child('ip'), errors);
    hostnames?.forEach((hostname, hostIndex) => {
      validateDnsSubdomain(hostname, aliasPath.child('hostnames').index(hostIndex), errors);
    });
  }
}

function validateRest(spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.push(invalidValue(path.child('activeDeadlineSeconds'), deadline, rangeText(1, maxInt32)));
  }
  validateOptionalOneOf(spec.preemptionPolicy, preemptionPolicies, path.child('preemptionPolicy'), errors);
  if (spec.os) {
    if (!spec.os.name) errors.push(required(path.child('os').child('name'), 'cannot be empty'));
    else validateOptionalOneOf(spec.os.name, ['linux', 'windows'], path.child('os'), errors);
  }
  for (const name in spec.overhead) {
    const overheadPath = path.child('overhead').key(name);
    validateContainerResourceName(name, overheadPath, errors);
    validateResourceQuantity(name, spec.overhead[name] ?? '', overheadPath, errors);
  }
}

function validatePodResources(
  resources: NonNullable<PodSpec['resources']>,
  claimNames: ReadonlySet<string>,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (resources.claims) errors.push(forbidden(path.child('claims'), 'claims cannot be set for Resources at pod-level'));
  validateRequirements(resources, { path, claimNames, validateName: validateContainerResourceName }, errors);
}

function validateHostNetworkPorts(spec: PodSpec, isPod: boolean, path: FieldPath, errors: FieldError[]): void {
  for (const [index, container] of spec.containers.entries()) {
    for (const [portIndex, { hostPort = 0, containerPort }] of (container.ports ?? []).entries()) {
      if (hostPort === containerPort || (hostPort === 0 && !isPod)) continue;
      const portPath = path.index(index).child('ports').index(portIndex).child('hostPort');
      errors.push(invalidValue(portPath, hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    }
  }
}

function validateResourceClaims(
  claims: NonNullable<PodSpec['resourceClaims']>,
  path: FieldPath,
  errors: FieldError[],
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, claim] of claims.entries()) {
    const itemPath = path.index(index);
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    if (!name) errors.push(required(itemPath.child('name')));
    else if (names.has(name)) errors.push(duplicate(itemPath.child('name'), name));
    else validateDnsLabel(name, itemPath.child('name'), errors);
    if (name) names.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const text = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalidValue(itemPath, claim, text));
    } else if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      const text = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(invalidValue(itemPath, claim, text));
    }
  }
  return names;
}
