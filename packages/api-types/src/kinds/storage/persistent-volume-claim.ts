import type { PersistentVolumeClaim } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { ageColumn, allVerbs, nameColumn, statusHooks, statusSubresource, textColumn } from '../define.ts';
import { canonicaliseQuantities } from '../resource-lists.ts';
import { accessModesText } from './access-modes.ts';
import { setClaimSpecDefaults } from './claim-defaults.ts';
import { validateClaim, validateClaimUpdate } from './claim-validation.ts';

export const persistentVolumeClaimKind: KindDefinition<PersistentVolumeClaim> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  subresources: [statusSubresource('', 'v1', 'PersistentVolumeClaim')],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(claim) {
    claim.spec ??= {};
    claim.status ??= {};
    claim.status.phase ||= 'Pending';
    if (claim.status.capacity) canonicaliseQuantities(claim.status.capacity);
    setClaimSpecDefaults(claim.spec);
    // `dataSource` is the older of two names for the same; Kubernetes keeps both filled in.
    const { dataSource, dataSourceRef } = claim.spec;
    if (dataSource && !dataSourceRef) claim.spec.dataSourceRef = { ...dataSource };
    else if (dataSourceRef && !dataSource && !dataSourceRef.namespace) {
      const { namespace: _, ...source } = dataSourceRef;
      claim.spec.dataSource = source;
    }
  },
  ...statusHooks<PersistentVolumeClaim>(() => ({ phase: 'Pending' })),
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Status', 'Whether it has a volume.', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    ),
    textColumn('Volume', 'The volume it has.', ({ spec }) => spec.volumeName ?? ''),
    textColumn('Capacity', 'How much its volume holds.', ({ spec, status }) =>
      spec.volumeName ? (status.capacity?.storage ?? '0') : '',
    ),
    textColumn('Access Modes', 'How many nodes or pods may use it at once.', ({ spec, status }) =>
      spec.volumeName ? accessModesText(status.accessModes) : '',
    ),
    textColumn('StorageClass', 'The class that provides volumes for it.', ({ spec }) => spec.storageClassName ?? ''),
    textColumn(
      'VolumeAttributesClass',
      'The class of the properties of its volume.',
      ({ spec }) => spec.volumeAttributesClassName || '<unset>',
    ),
    ageColumn,
    textColumn('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec.volumeMode ?? '<unset>', 1),
  ],
};
