import type { FieldError } from '../../errors.ts';
import type { Container, EnvVar, ObjectFieldSelector, ResourceFieldSelector } from '../../generated/types.ts';
import { canonicalQuantity, quantityProblem } from '../../quantity.ts';
import { validateDnsSubdomain, validateLocalPath } from '../../validation/common.ts';
import { addProblems, invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import type { FieldPath } from '../../validation/field-path.ts';
import { configMapKeyProblems, envNameProblems, qualifiedNameProblems } from '../../validation/names.ts';

const envFieldPaths: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Paths that exist, though not everywhere. */
const knownFieldPaths: ReadonlySet<string> = new Set([
  ...envFieldPaths,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);
const containerResourcePaths: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

/** The rules of a container's `env` and `envFrom`. */
export function validateEnvironment(container: Container, path: FieldPath, errors: FieldError[]): void {
  const { env, envFrom } = container;
  if (env) {
    const envPath = path.child('env');
    for (const [index, variable] of env.entries()) validateVariable(variable, envPath.index(index), errors);
  }
  if (envFrom) validateEnvFrom(envFrom, path.child('envFrom'), errors);
}

function validateVariable(variable: EnvVar, path: FieldPath, errors: FieldError[]): void {
  if (!variable.name) errors.push(required(path.child('name')));
  else addProblems(path.child('name'), variable.name, envNameProblems(variable.name), errors);
  if (variable.valueFrom) validateValueFrom(variable, path.child('valueFrom'), errors);
}

function validateValueFrom(variable: EnvVar, path: FieldPath, errors: FieldError[]): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = variable.valueFrom ?? {};
  if (fieldRef) validateFieldRef(fieldRef, envFieldPaths, path.child('fieldRef'), errors);
  if (resourceFieldRef) validateResourceFieldRef(resourceFieldRef, false, path.child('resourceFieldRef'), errors);
  if (configMapKeyRef) validateKeyRef(configMapKeyRef, path.child('configMapKeyRef'), errors);
  if (secretKeyRef) validateKeyRef(secretKeyRef, path.child('secretKeyRef'), errors);
  if (fileKeyRef) {
    const filePath = path.child('fileKeyRef');
    if (!fileKeyRef.key) errors.push(required(filePath.child('key')));
    else addProblems(filePath.child('key'), fileKeyRef.key, envNameProblems(fileKeyRef.key), errors);
    if (!fileKeyRef.volumeName) errors.push(required(filePath.child('volumeName')));
    if (!fileKeyRef.path) errors.push(required(filePath.child('path')));
    else validateLocalPath(fileKeyRef.path, filePath.child('path'), errors);
  }
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef].filter(Boolean).length;
  if (sources === 0) {
    const text =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalidValue(path, '', text));
  } else if (variable.value) {
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  }
}

function validateKeyRef(
  reference: { readonly name?: string; readonly key: string },
  path: FieldPath,
  errors: FieldError[],
): void {
  validateDnsSubdomain(reference.name ?? '', path.child('name'), errors);
  if (!reference.key) errors.push(required(path.child('key')));
  else addProblems(path.child('key'), reference.key, configMapKeyProblems(reference.key), errors);
}

function validateEnvFrom(sources: NonNullable<Container['envFrom']>, path: FieldPath, errors: FieldError[]): void {
  for (const [index, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const itemPath = path.index(index);
    if (prefix) addProblems(itemPath.child('prefix'), prefix, envNameProblems(prefix), errors);
    for (const [field, reference] of [
      ['configMapRef', configMapRef],
      ['secretRef', secretRef],
    ] as const) {
      if (!reference) continue;
      const namePath = itemPath.child(field).child('name');
      if (!reference.name) errors.push(required(namePath));
      else validateDnsSubdomain(reference.name, namePath, errors);
    }
    if (!configMapRef && !secretRef) {
      errors.push(invalidValue(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef && secretRef) {
      errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
    }
  }
}

/** The rules of a reference to a field of the pod; `supported` are the paths without a subscript. */
export function validateFieldRef(
  reference: ObjectFieldSelector,
  supported: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  const { apiVersion, fieldPath } = reference;
  if (!apiVersion) errors.push(required(path.child('apiVersion')));
  else if (!fieldPath) errors.push(required(path.child('fieldPath')));
  else validateFieldPath(apiVersion, fieldPath, supported, path, errors);
}

function validateFieldPath(
  apiVersion: string,
  fieldPath: string,
  supported: readonly string[],
  path: FieldPath,
  errors: FieldError[],
): void {
  const subscripted = /^(.*)\['(.*)'\]$/.exec(fieldPath);
  const name = subscripted?.[1] ?? fieldPath;
  const problem =
    apiVersion === 'v1' ? `field label not supported: ${fieldPath}` : `unsupported pod version: ${apiVersion}`;
  if (apiVersion !== 'v1' || !knownFieldPaths.has(name)) {
    errors.push(invalidValue(path.child('fieldPath'), fieldPath, `error converting fieldPath: ${problem}`));
  } else if (subscripted) {
    const key = subscripted[2] ?? '';
    if (name === 'metadata.annotations') addProblems(path, key, qualifiedNameProblems(key.toLowerCase()), errors);
    else if (name === 'metadata.labels') addProblems(path, key, qualifiedNameProblems(key), errors);
    else errors.push(invalidValue(path, name, 'does not support subscript'));
  } else if (!supported.includes(name)) {
    errors.push(notSupported(path.child('fieldPath'), name, supported));
  }
}

/** The rules of a reference to a container's requests or limits; in a volume it must name the container. */
export function validateResourceFieldRef(
  reference: ResourceFieldSelector,
  isInVolume: boolean,
  path: FieldPath,
  errors: FieldError[],
): void {
  const { containerName, resource } = reference;
  if (isInVolume && !containerName) errors.push(required(path.child('containerName')));
  else if (!resource) errors.push(required(path.child('resource')));
  else if (!containerResourcePaths.includes(resource) && !/^(?:requests|limits)\.hugepages-/.test(resource)) {
    errors.push(notSupported(path.child('resource'), resource, containerResourcePaths));
  }
  validateDivisor(reference, path.child('divisor'), errors);
}

function validateDivisor(
  { resource, divisor = '0' }: ResourceFieldSelector,
  path: FieldPath,
  errors: FieldError[],
): void {
  const problem = quantityProblem(divisor);
  if (problem) {
    errors.push(invalidValue(path, divisor, problem));
    return;
  }
  const canonical = canonicalQuantity(divisor);
  if (canonical === '0' || !resource) return;
  const name = resource.slice(resource.indexOf('.') + 1);
  if (name === 'cpu') {
    if (canonical !== '1' && canonical !== '1m') {
      errors.push(invalidValue(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource"));
    }
  } else if (!byteDivisors.includes(canonical)) {
    const kind = name === 'ephemeral-storage' ? 'local ephemeral storage' : name === 'memory' ? name : 'hugepages';
    const text = `only divisor's values ${byteDivisors.join(', ')} are supported with the ${kind} resource`;
    errors.push(invalidValue(path, resource, text));
  }
}
