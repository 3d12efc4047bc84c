import type { FieldError } from '../errors.ts';
import type { ControllerRevision } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { validateNonNegative } from '../validation/common.ts';
import { required } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, countColumn, doNothing, nameColumn, textColumn } from './define.ts';

const dataPath = FieldPath.of('data');
const revisionPath = FieldPath.of('revision');

export const controllerRevisionKind: KindDefinition<ControllerRevision> = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  shortNames: [],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(revision) {
    revision.revision ??= 0;
  },
  prepareForCreate: doNothing,
  prepareForUpdate: doNothing,
  prepareForStatusUpdate: doNothing,
  validate(revision) {
    const errors: FieldError[] = [];
    if (revision.data === undefined || revision.data === null) errors.push(required(dataPath, 'data is mandatory'));
    validateNonNegative(revision.revision, revisionPath, errors);
    return errors;
  },
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    validateImmutable(next.data, previous.data, dataPath, errors);
    return errors;
  },
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Controller', 'What this is a revision of.', controllerText),
    countColumn('Revision', 'Later revisions have greater numbers.', (revision) => revision.revision),
    ageColumn,
  ],
};

/** `statefulset.apps/web` */
function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  if (!owner) return '<none>';
  const [group = '', version] = owner.apiVersion.split('/');
  const kind = owner.kind.toLowerCase();
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`;
}
