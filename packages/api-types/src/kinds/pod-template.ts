import type { FieldError } from '../errors.ts';
import type { PodTemplate } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { FieldPath } from '../validation/field-path.ts';
import { ageColumn, allVerbs, nameColumn, noErrors, storedAsSent, textColumn } from './define.ts';
import { setPodSpecDefaults } from './pod/defaults.ts';
import { validatePodTemplate } from './pod/validation.ts';
import { containersOf } from './workload-columns.ts';

export const podTemplateKind: KindDefinition<PodTemplate> = {
  ...storedAsSent,
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  hasGeneration: true,
  setDefaults(podTemplate) {
    podTemplate.template ??= { spec: { containers: [] } };
    podTemplate.template.spec ??= { containers: [] };
    setPodSpecDefaults(podTemplate.template.spec);
  },
  validate({ template }) {
    const errors: FieldError[] = [];
    if (template) validatePodTemplate(template, FieldPath.of('template'), errors);
    return errors;
  },
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  columns: [
    nameColumn,
    textColumn('Containers', 'The names of the containers in the template.', (it) => containersOf(it.template, 'name')),
    textColumn('Images', 'The images of the containers in the template.', (it) => containersOf(it.template, 'image')),
    textColumn('Pod Labels', 'The labels of the pods made from it.', ({ template }) => {
      const pairs = Object.entries(template?.metadata?.labels ?? {}).map(([key, value]) => `${key}=${value}`);
      return pairs.toSorted().join(',') || '<none>';
    }),
    ageColumn,
  ],
};
