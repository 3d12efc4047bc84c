import type { FieldError } from '../errors.ts';
import type { Rebalance } from '../generated/types.ts';
import type { KindDefinition } from '../kind.ts';
import { invalidValue, notPositiveText } from '../validation/field-errors.ts';
import { FieldPath } from '../validation/field-path.ts';
import { validateImmutable } from '../validation/object-meta.ts';
import { ageColumn, allVerbs, nameColumn, statusHooks, statusSubresource, textColumn } from './define.ts';

const path = FieldPath.of('spec');

export const rebalanceKind: KindDefinition<Rebalance> = {
  group: 'gantry.io',
  version: 'v1',
  kind: 'Rebalance',
  plural: 'rebalances',
  singular: 'rebalance',
  shortNames: [],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  subresources: [statusSubresource('gantry.io', 'v1', 'Rebalance')],
  hasGeneration: true,
  allowsUnconditionalUpdate: true,
  setDefaults(rebalance) {
    rebalance.spec ??= {};
    rebalance.status ??= emptyStatus();
    rebalance.spec.maxMoves ??= 50;
    rebalance.spec.readyTimeoutSeconds ??= 180;
  },
  ...statusHooks<Rebalance>(emptyStatus),
  validate: validateRebalance,
  validateUpdate(next, previous) {
    const errors: FieldError[] = [];
    // What has been planned is carried out or cancelled, not changed under way.
    for (const field of ['emptyNode', 'maxMoves'] as const) {
      validateImmutable(next.spec[field], previous.spec[field], path.child(field), errors);
    }
    return errors;
  },
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Empties', 'The node that is to be emptied.', ({ spec }) => spec.emptyNode ?? ''),
    textColumn('Phase', 'How far it is.', ({ status }) => status.phase ?? ''),
    textColumn(
      'Moved',
      'Pods that have moved, of those that are to.',
      ({ status }) => `${status.moved}/${status.total}`,
    ),
    textColumn('Message', 'What it waits for, or how it ended.', ({ status }) => status.message ?? '', 1),
    ageColumn,
  ],
};

function emptyStatus(): Rebalance['status'] {
  return { total: 0, moved: 0 };
}

function validateRebalance({ spec }: Rebalance): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['maxMoves', 'readyTimeoutSeconds'] as const) {
    const value = spec[field] ?? 1;
    if (value < 1) errors.push(invalidValue(path.child(field), value, notPositiveText));
  }
  return errors;
}
