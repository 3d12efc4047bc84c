import type { FieldError } from '../../errors.ts';
import type { Pod, PodTemplateSpec } from '../../generated/types.ts';
import { forbidden, invalidValue } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { validateTemplateMeta } from '../../validation/object-meta.ts';
import { validatePodSpec } from './spec-validation.ts';

const specPath = FieldPath.of('spec');
const annotationsPath = FieldPath.of('metadata').child('annotations');
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';
const int32Regex = /^(?:0|-?[1-9][0-9]{0,9})$/;

/** The rules of a pod. */
export function validatePod(pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const cost = pod.metadata.annotations?.[deletionCost];
  if (cost !== undefined && !isInt32(cost)) {
    errors.push(invalidValue(annotationsPath.key(deletionCost), cost, 'must be a 32bit integer'));
  }
  validatePodSpec(pod.spec, { isPod: true, podName: pod.metadata.name }, specPath, errors);
  if (pod.spec.nodeName && pod.spec.schedulingGates?.length) {
    const text = 'cannot be set until all schedulingGates have been cleared';
    errors.push(forbidden(specPath.child('nodeName'), text));
  }
  return errors;
}

function isInt32(text: string): boolean {
  return int32Regex.test(text) && Number(text) === Math.trunc(Number(text) | 0);
}

/** The rules of a pod template at `path`. */
export function validatePodTemplate(template: PodTemplateSpec, path: FieldPath, errors: FieldError[]): void {
  validateTemplateMeta(template.metadata, path, errors);
  validatePodSpec(template.spec, { isPod: false }, path.child('spec'), errors);
  if (template.spec.ephemeralContainers?.length) {
    const text = 'ephemeral containers not allowed in pod template';
    errors.push(forbidden(path.child('spec').child('ephemeralContainers'), text));
  }
}
