import type { Secret } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { toBase64 } from '../lib/base64.ts';
import { validateSecret, validateSecretUpdate } from './config-data-validation.ts';
import { ageColumn, allVerbs, countColumn, doNothing, nameColumn, textColumn } from './define.ts';

export const secretKind: KindDefinition<Secret> = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(secret) {
    secret.type ||= 'Opaque';
    mergeStringData(secret);
  },
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  nameRule: 'subdomain',
  selectableFields: { type: (secret) => secret.type ?? '' },
  columns: [
    nameColumn,
    textColumn('Type', 'What the Secret is for.', (secret) => secret.type ?? ''),
    countColumn('Data', 'How many keys it has.', (secret) => Object.keys(secret.data ?? {}).length),
    ageColumn,
  ],
};

/** `stringData` is for writers only: it becomes part of `data` and is never shown. */
function mergeStringData(secret: Secret): void {
  const { stringData } = secret;
  delete secret.stringData;
  for (const [key, text] of Object.entries(stringData ?? {})) {
    secret.data ??= {};
    secret.data[key] = toBase64(text);
  }
}
