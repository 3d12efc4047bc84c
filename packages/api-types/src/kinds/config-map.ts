import type { ConfigMap } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateConfigMap, validateConfigMapUpdate } from './config-data-validation.ts';
import { ageColumn, allVerbs, countColumn, doNothing, nameColumn } from './define.ts';

export const configMapKind: KindDefinition<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults: doNothing,
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [nameColumn, countColumn('Data', 'How many keys it has.', keyCount), ageColumn],
};

function keyCount(configMap: ConfigMap): number {
  return Object.keys(configMap.data ?? {}).length + Object.keys(configMap.binaryData ?? {}).length;
}
