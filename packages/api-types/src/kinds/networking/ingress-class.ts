import type { FieldError } from '../../errors.ts';
import type { IngressClass } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { validateOptionalOneOf } from '../../validation/common.ts';
import { addProblems, forbidden, required, tooLong } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { validateImmutable } from '../../validation/object-meta.ts';
import { ageColumn, allVerbs, nameColumn, storedAsSent, textColumn } from '../define.ts';

const path = FieldPath.of('spec');
const maxControllerLength = 250;

/** Whether Ingresses that name no class get this one. */
export function isDefaultIngressClass({ metadata }: IngressClass): boolean {
  return metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true';
}

export const ingressClassKind: KindDefinition<IngressClass> = {
  ...storedAsSent,
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  shortNames: [],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  hasGeneration: true,
  setDefaults(ingressClass) {
    ingressClass.spec ??= {};
    if (ingressClass.spec.parameters) ingressClass.spec.parameters.scope ??= 'Cluster';
  },
  validate: validateIngressClass,
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    validateImmutable(next.spec.controller, previous.spec.controller, path.child('controller'), errors);
    return errors;
  },
  nameRule: 'subdomain',
  columns: [
    nameColumn,
    textColumn('Controller', 'Who carries its Ingresses out.', ({ spec }) => spec.controller ?? ''),
    textColumn('Parameters', 'The object that says more.', parametersText),
    ageColumn,
  ],
};

/** `IngressParameters.k8s.example.com/external` */
function parametersText({ spec }: IngressClass): string {
  const { parameters } = spec;
  if (!parameters) return '<none>';
  return `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ''}/${parameters.name}`;
}

function validateIngressClass({ spec }: IngressClass): FieldError[] {
  const errors: FieldError[] = [];
  const { controller = '', parameters } = spec;
  const controllerPath = path.child('controller');
  if (controller.length > maxControllerLength) errors.push(tooLong(controllerPath, maxControllerLength));
  if (controller === '') errors.push(required(controllerPath));
  else
    addProblems(controllerPath, controller, qualifiedNameProblems(controller.replaceAll(/\/(?=.*\/)/g, '.')), errors);
  if (!parameters) return errors;
  const parametersPath = path.child('parameters');
  if (!parameters.kind) errors.push(required(parametersPath.child('kind'), 'kind is required'));
  if (!parameters.name) errors.push(required(parametersPath.child('name'), 'name is required'));
  validateOptionalOneOf(parameters.scope, ['Cluster', 'Namespace'], parametersPath.child('scope'), errors);
  const namespacePath = parametersPath.child('namespace');
  if (parameters.scope === 'Namespace' && !parameters.namespace) {
    errors.push(required(namespacePath, "`parameters.scope` is set to 'Namespace'"));
  }
  if (parameters.scope === 'Cluster' && parameters.namespace) {
    errors.push(forbidden(namespacePath, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}
