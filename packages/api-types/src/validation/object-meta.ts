import type { FieldError } from '../errors.ts';
import type { ObjectMeta, OwnerReference } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { semanticEqual } from '../lib/semantic-equal.ts';
import { validateDnsLabel, validateNonNegative } from './common.ts';
import { addProblems, forbidden, immutableText, invalidValue, required, tooLong } from './field-errors.ts';
import { FieldPath } from './field-path.ts';
import { validateLabels } from './labels.ts';
import {
  dns1035LabelProblems,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  pathSegmentProblems,
  qualifiedNameProblems,
} from './names.ts';

const root = FieldPath.of('metadata');
const paths = {
  name: root.child('name'),
  generateName: root.child('generateName'),
  namespace: root.child('namespace'),
  generation: root.child('generation'),
  labels: root.child('labels'),
  annotations: root.child('annotations'),
  ownerReferences: root.child('ownerReferences'),
  finalizers: root.child('finalizers'),
} as const;

/** The sum of all keys and values of an object's annotations. */
const maxAnnotationBytes = 256 * 1024;
const standardFinalizers: readonly string[] = ['kubernetes', 'orphan', 'foregroundDeletion'];

export type NameRule = KindDefinition['nameRule'];

export interface ObjectMetaRules {
  readonly isNamespaced: boolean;
  readonly nameRule: NameRule;
}

const nameRules: Readonly<Record<NameRule, (name: string) => readonly string[]>> = {
  subdomain: dns1123SubdomainProblems,
  label: dns1123LabelProblems,
  dns1035: dns1035LabelProblems,
  any: pathSegmentProblems,
};

/** What is wrong with an object's name, in Kubernetes' words. A prefix (`generateName`) may end with a dash. */
export function nameProblems(rule: NameRule, name: string, isPrefix = false): readonly string[] {
  return nameRules[rule](isPrefix && name.length > 1 && name.endsWith('-') ? `${name.slice(0, -1)}a` : name);
}

/** The rules every object's metadata must meet once its name has been generated. */
export function validateObjectMeta(meta: Partial<ObjectMeta>, rules: ObjectMetaRules): FieldError[] {
  const errors: FieldError[] = [];
  if (meta.generateName) {
    addProblems(paths.generateName, meta.generateName, nameProblems(rules.nameRule, meta.generateName, true), errors);
  }
  if (!meta.name) errors.push(required(paths.name, 'name or generateName is required'));
  else addProblems(paths.name, meta.name, nameProblems(rules.nameRule, meta.name), errors);
  if (rules.isNamespaced) {
    if (!meta.namespace) errors.push(required(paths.namespace));
    else validateDnsLabel(meta.namespace, paths.namespace, errors);
  } else if (meta.namespace) {
    errors.push(forbidden(paths.namespace, 'not allowed on this type'));
  }
  validateNonNegative(meta.generation, paths.generation, errors);
  validateCommon(meta, errors);
  return errors;
}

/**
 * What may not change about an object's metadata. What the server fills in for writers that leave it out (uid,
 * creation and deletion time) is compared only where it is given; resourceVersion is the handler's business.
 */
export function validateObjectMetaUpdate(next: Partial<ObjectMeta>, previous: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (previous.deletionTimestamp) validateNoNewFinalizers(next.finalizers ?? [], previous.finalizers ?? [], errors);
  if ((next.generation ?? previous.generation ?? 0) < (previous.generation ?? 0)) {
    errors.push(invalidValue(paths.generation, next.generation, 'must not be decremented'));
  }
  for (const field of ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const) {
    const value = next[field];
    if (value && value !== previous[field]) errors.push(invalidValue(root.child(field), value, immutableText));
  }
  validateCommon(next, errors);
  return errors;
}

/** The parts of metadata that pod templates have too. */
export function validateTemplateMeta(
  meta: Partial<ObjectMeta> | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  if (meta?.labels) validateLabels(meta.labels, path.child('labels'), errors);
  if (meta?.annotations) validateAnnotations(meta.annotations, path.child('annotations'), errors);
}

function validateCommon(meta: Partial<ObjectMeta>, errors: FieldError[]): void {
  if (meta.labels) validateLabels(meta.labels, paths.labels, errors);
  if (meta.annotations) validateAnnotations(meta.annotations, paths.annotations, errors);
  if (meta.ownerReferences) validateOwnerReferences(meta.ownerReferences, errors);
  if (meta.finalizers) validateFinalizers(meta.finalizers, paths.finalizers, errors);
}

function validateAnnotations(
  annotations: Readonly<Record<string, string>>,
  path: FieldPath,
  errors: FieldError[],
): void {
  let length = 0;
  for (const key in annotations) {
    const value = annotations[key] ?? '';
    length += key.length + value.length;
    addProblems(path, key, qualifiedNameProblems(key.toLowerCase()), errors);
  }
  // A character is at most three bytes per UTF-16 unit, so that nearly always nothing needs to be encoded.
  if (length * 3 <= maxAnnotationBytes) return;
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) bytes += key.length + encoder.encode(value).length;
  if (bytes > maxAnnotationBytes) errors.push(tooLong(path, maxAnnotationBytes));
}

function validateOwnerReferences(references: readonly OwnerReference[], errors: FieldError[]): void {
  const path = paths.ownerReferences;
  let controller: string | undefined;
  for (const reference of references) {
    const { apiVersion = '', kind, name, uid } = reference;
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1);
    if (!version) errors.push(invalidValue(path.child('apiVersion'), apiVersion, 'version must not be empty'));
    if (!kind) errors.push(invalidValue(path.child('kind'), kind ?? '', 'must not be empty'));
    if (!name) errors.push(invalidValue(path.child('name'), name ?? '', 'must not be empty'));
    if (!uid) errors.push(invalidValue(path.child('uid'), uid ?? '', 'must not be empty'));
    if (apiVersion === 'v1' && kind === 'Event') {
      errors.push(invalidValue(path, reference, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (!reference.controller) continue;
    const current = `${kind}/${name}`;
    if (controller !== undefined) {
      const text = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.push(invalidValue(path, references, text));
    }
    controller ??= current;
  }
}

/** Finalizers must be qualified (`example.com/name`) but for the few that Kubernetes itself knows. */
export function validateFinalizers(finalizers: readonly string[], path: FieldPath, errors: FieldError[]): void {
  for (const [index, finalizer] of finalizers.entries()) {
    addProblems(path, finalizer, qualifiedNameProblems(finalizer), errors);
    if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer)) {
      const text = 'name is neither a standard finalizer name nor is it fully qualified';
      errors.push(invalidValue(path.index(index), finalizer, text));
    }
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const text = 'finalizer orphan and foregroundDeletion cannot be both set';
    errors.push(invalidValue(path, finalizers, text));
  }
}

function validateNoNewFinalizers(next: readonly string[], previous: readonly string[], errors: FieldError[]): void {
  const extra = next.filter((finalizer) => !previous.includes(finalizer)).toSorted();
  if (extra.length === 0) return;
  const list = `[]string{${extra.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
  const text = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  errors.push(forbidden(paths.finalizers, text));
}

/** Refuses any change of a field. */
export function validateImmutable(next: unknown, previous: unknown, path: FieldPath, errors: FieldError[]): void {
  if (!semanticEqual(next, previous)) errors.push(invalidValue(path, next, immutableText));
}
