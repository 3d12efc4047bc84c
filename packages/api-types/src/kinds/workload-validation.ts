import type { FieldError } from '../errors.ts';
import type { LabelSelector, PodTemplateSpec } from '../generated/types.ts';
import { compileLabelSelector } from '../selector.ts';
import { validateNonNegative } from '../validation/common.ts';
import { forbidden, invalidValue, notSupported, required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { isValidSelector, validateLabelSelector } from '../validation/labels.ts';
import { validatePodTemplate } from './pod/validation.ts';

/** The path of the spec of every workload. */
export const workloadSpecPath = FieldPath.of('spec');

/** What ReplicaSets and Deployments have in common. */
export interface WorkloadSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** How Kubernetes names the kind in its texts. */
export interface WorkloadTexts {
  /** `empty selector is invalid for …` */
  readonly inSelector: string;
  /** `activeDeadlineSeconds in … is not Supported` */
  readonly inTemplate: string;
}

const replicaSetTexts: WorkloadTexts = { inSelector: 'deployment', inTemplate: 'ReplicaSet' };

/** The rules of counts, selector and template: the selector must select the template's pods, which run for ever. */
export function validateWorkloadSpec(
  spec: WorkloadSpec,
  errors: FieldError[],
  texts: WorkloadTexts = replicaSetTexts,
): void {
  const path = workloadSpecPath;
  validateNonNegative(spec.replicas, path.child('replicas'), errors);
  validateNonNegative(spec.minReadySeconds, path.child('minReadySeconds'), errors);
  const { selector, template } = spec;
  const selectorPath = path.child('selector');
  if (!selector) {
    errors.push(required(selectorPath));
  } else {
    validateLabelSelector(selector, selectorPath, errors);
    const size = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0);
    if (size === 0) {
      errors.push(invalidValue(selectorPath, selector, `empty selector is invalid for ${texts.inSelector}`));
    }
    if (!isValidSelector(selector)) {
      errors.push(invalidValue(selectorPath, selector, 'invalid label selector'));
      return;
    }
  }
  const templatePath = path.child('template');
  if (!template) {
    errors.push(required(templatePath));
    return;
  }
  validateTemplateLabels(template, selector, templatePath, errors);
  validateEndlessTemplate(template, texts.inTemplate, templatePath, errors);
}

/** Refuses a selector that does not select the template's pods. */
export function validateTemplateLabels(
  template: PodTemplateSpec,
  selector: LabelSelector | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  const labels = template.metadata?.labels;
  if (compileLabelSelector(selector).matches(labels)) return;
  const labelsPath = path.child('metadata').child('labels');
  errors.push(invalidValue(labelsPath, labels ?? null, '`selector` does not match template `labels`'));
}

/** The rules of the template of pods that run for ever; `kind` as texts name it. */
export function validateEndlessTemplate(
  template: PodTemplateSpec,
  kind: string,
  path: FieldPath,
  errors: FieldError[],
): void {
  validatePodTemplate(template, path, errors);
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== undefined && restartPolicy !== 'Always') {
    errors.push(notSupported(path.child('spec').child('restartPolicy'), restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const text = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden(path.child('spec').child('activeDeadlineSeconds'), text));
  }
}
