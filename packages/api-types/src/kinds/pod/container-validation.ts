import type { FieldError } from '../../errors.ts';
import type { Container, ContainerPort, PodSpec } from '../../generated/types.ts';
import { portProtocols, validateDnsLabel, validateOneOf } from '../../validation/common.ts';
import {
  addProblems,
  duplicate,
  forbidden,
  invalidValue,
  notFound,
  notSupported,
  required,
  tooMany,
} from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { portNameProblems, portNumberProblems } from '../../validation/names.ts';
import { validateContainerResourceName, validateRequirements } from '../../validation/resources.ts';
import { validateEnvironment } from './env-validation.ts';
import { validateProbes } from './probe-validation.ts';
import { validateSecurityContext } from './security-validation.ts';
import { type VolumesByName, validateMounts } from './volume-validation.ts';

const pullPolicies: readonly string[] = ['Always', 'IfNotPresent', 'Never'];
const messagePolicies: readonly string[] = ['File', 'FallbackToLogsOnError'];
const restartPolicies: readonly string[] = ['Always', 'Never', 'OnFailure'];
const resizePolicies: readonly string[] = ['NotRequired', 'RestartContainer'];
const maxRestartRules = 20;

/** What the rules of a container need to know of its pod. */
export interface PodContext {
  readonly spec: PodSpec;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  /** Templates may carry images with space around them. */
  readonly isPod: boolean;
}

/** The rules of a pod's containers, init containers and ephemeral containers. */
export function validateContainers(context: PodContext, path: FieldPath, errors: FieldError[]): void {
  const { containers, initContainers, ephemeralContainers } = context.spec;
  const containersPath = path.child('containers');
  const names = new Set<string>();
  if (containers.length === 0) errors.push(required(containersPath));
  for (const [index, container] of containers.entries()) {
    const itemPath = containersPath.index(index);
    validateContainer(container, context, itemPath, errors);
    validateUnique(container.name, names, itemPath, errors);
    validateProbes(container, context.spec.terminationGracePeriodSeconds, itemPath, errors);
    validateRestartRules(container, itemPath, errors);
  }
  validateHostPorts(containers, containersPath, errors);
  if (initContainers?.length) validateInitContainers(context, names, path.child('initContainers'), errors);
  if (ephemeralContainers?.length) validateEphemeral(context, names, path.child('ephemeralContainers'), errors);
}

function validateUnique(name: string, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  if (names.has(name)) errors.push(duplicate(path.child('name'), name));
  names.add(name);
}

const runningOnly = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const;

function validateInitContainers(context: PodContext, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  for (const [index, container] of (context.spec.initContainers ?? []).entries()) {
    const itemPath = path.index(index);
    validateContainer(container, context, itemPath, errors);
    validateRestartRules(container, itemPath, errors);
    validateUnique(container.name, names, itemPath, errors);
    validateHostPorts([container], path, errors);
    if (container.restartPolicy === 'Always') {
      validateProbes(container, context.spec.terminationGracePeriodSeconds, itemPath, errors);
      continue;
    }
    for (const field of runningOnly) {
      if (!container[field]) continue;
      const text = 'may not be set for init containers without restartPolicy=Always';
      errors.push(forbidden(itemPath.child(field), text));
    }
  }
}

const forbiddenInEphemeral = [
  'ports',
  'resources',
  'lifecycle',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'restartPolicy',
  'resizePolicy',
] as const;

function validateEphemeral(context: PodContext, names: Set<string>, path: FieldPath, errors: FieldError[]): void {
  const others = new Set(names);
  for (const [index, container] of (context.spec.ephemeralContainers ?? []).entries()) {
    const itemPath = path.index(index);
    validateContainer(container, context, itemPath, errors);
    validateUnique(container.name, names, itemPath, errors);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(notFound(itemPath.child('targetContainerName'), target));
    for (const field of forbiddenInEphemeral) {
      const value = container[field];
      if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) continue;
      errors.push(forbidden(itemPath.child(field), 'cannot be set for an Ephemeral Container'));
    }
    container.volumeMounts?.forEach((mount, mountIndex) => {
      for (const field of ['subPath', 'subPathExpr'] as const) {
        if (!mount[field]) continue;
        const mountPath = itemPath.child('volumeMounts').index(mountIndex);
        errors.push(forbidden(mountPath.child(field), 'cannot be set for an Ephemeral Container'));
      }
    });
  }
}

/** What holds for containers of every type. */
function validateContainer(container: Container, context: PodContext, path: FieldPath, errors: FieldError[]): void {
  const { name, image } = container;
  if (!name) errors.push(required(path.child('name')));
  else validateDnsLabel(name, path.child('name'), errors);
  if (!image) errors.push(required(path.child('image')));
  else if (context.isPod && image.trim() !== image) {
    errors.push(invalidValue(path.child('image'), image, 'must not have leading or trailing whitespace'));
  }
  validateOneOf(container.terminationMessagePolicy, messagePolicies, path.child('terminationMessagePolicy'), errors);
  if (container.ports) validatePorts(container.ports, path.child('ports'), errors);
  validateEnvironment(container, path, errors);
  if (container.volumeMounts || container.volumeDevices) validateMounts(container, context.volumes, path, errors);
  validateOneOf(container.imagePullPolicy, pullPolicies, path.child('imagePullPolicy'), errors);
  const rules = {
    path: path.child('resources'),
    claimNames: context.claimNames,
    validateName: validateContainerResourceName,
  };
  validateRequirements(container.resources, rules, errors);
  if (container.resizePolicy) validateResizePolicy(container, context.spec, path.child('resizePolicy'), errors);
  const hostUsers = context.spec.hostUsers !== false;
  validateSecurityContext(container.securityContext, hostUsers, path.child('securityContext'), errors);
}

function validatePorts(ports: readonly ContainerPort[], path: FieldPath, errors: FieldError[]): void {
  const names = new Set<string>();
  for (const [index, { name, containerPort, hostPort, protocol }] of ports.entries()) {
    const itemPath = path.index(index);
    if (name) {
      const problems = portNameProblems(name);
      addProblems(itemPath.child('name'), name, problems, errors);
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(itemPath.child('name'), name));
      names.add(name);
    }
    if (!containerPort) errors.push(required(itemPath.child('containerPort')));
    else addProblems(itemPath.child('containerPort'), containerPort, portNumberProblems(containerPort), errors);
    if (hostPort) addProblems(itemPath.child('hostPort'), hostPort, portNumberProblems(hostPort), errors);
    validateOneOf(protocol, portProtocols, itemPath.child('protocol'), errors);
  }
}

/** Two containers cannot have the same port of the host. */
function validateHostPorts(containers: readonly Container[], path: FieldPath, errors: FieldError[]): void {
  let taken: Set<string> | undefined;
  for (const [index, container] of containers.entries()) {
    for (const [portIndex, { hostPort, hostIP = '', protocol = '' }] of (container.ports ?? []).entries()) {
      if (!hostPort) continue;
      taken ??= new Set();
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) {
        errors.push(duplicate(path.index(index).child('ports').index(portIndex).child('hostPort'), key));
      }
      taken.add(key);
    }
  }
}

function validateRestartRules(container: Container, path: FieldPath, errors: FieldError[]): void {
  const { restartPolicy, restartPolicyRules } = container;
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) {
    errors.push(notSupported(path.child('restartPolicy'), restartPolicy, restartPolicies));
  }
  if (!restartPolicyRules?.length) return;
  const rulesPath = path.child('restartPolicyRules');
  if (restartPolicy === undefined) {
    const text = 'must specify restartPolicy when restart rules are used';
    errors.push(required(path.child('restartPolicy'), text));
  }
  if (restartPolicyRules.length > maxRestartRules) {
    errors.push(tooMany(rulesPath, restartPolicyRules.length, maxRestartRules));
  }
  for (const [index, { action, exitCodes }] of restartPolicyRules.entries()) {
    const itemPath = rulesPath.index(index);
    validateOneOf(action, ['Restart', 'RestartAllContainers'], itemPath.child('action'), errors);
    if (!exitCodes) errors.push(required(itemPath.child('exitCodes'), 'must be specified'));
    else validateOneOf(exitCodes.operator, ['In', 'NotIn'], itemPath.child('exitCodes').child('operator'), errors);
  }
}

function validateResizePolicy(container: Container, spec: PodSpec, path: FieldPath, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy }] of (container.resizePolicy ?? []).entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(path.index(index), resourceName));
    seen.add(resourceName);
    validateOneOf(resourceName, ['cpu', 'memory'], path, errors);
    validateOneOf(restartPolicy, resizePolicies, path, errors);
    if (spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalidValue(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
  }
}
