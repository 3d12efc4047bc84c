import type { PersistentVolume } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { ageColumn, allVerbs, nameColumn, statusHooks, statusSubresource, textColumn } from '../define.ts';
import { canonicaliseQuantities } from '../resource-lists.ts';
import { accessModesText } from './access-modes.ts';
import { validateVolume, validateVolumeUpdate } from './volume-validation.ts';

export const persistentVolumeKind: KindDefinition<PersistentVolume> = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  categories: [],
  isNamespaced: false,
  verbs: allVerbs,
  subresources: [statusSubresource('', 'v1', 'PersistentVolume')],
  hasGeneration: false,
  allowsUnconditionalUpdate: true,
  setDefaults(volume) {
    volume.spec ??= {};
    volume.status ??= {};
    volume.status.phase ||= 'Pending';
    const { spec } = volume;
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.capacity) canonicaliseQuantities(spec.capacity);
    if (spec.hostPath) spec.hostPath.type ??= '';
    if (spec.claimRef) spec.claimRef.kind ||= 'PersistentVolumeClaim';
  },
  ...statusHooks<PersistentVolume>(() => ({ phase: 'Pending' })),
  validate: validateVolume,
  validateUpdate: validateVolumeUpdate,
  nameRule: 'subdomain',
  selectableFields: {},
  columns: [
    nameColumn,
    textColumn('Capacity', 'How much it holds.', ({ spec }) => spec.capacity?.storage ?? ''),
    textColumn('Access Modes', 'How many nodes or pods may use it at once.', ({ spec }) =>
      accessModesText(spec.accessModes),
    ),
    textColumn(
      'Reclaim Policy',
      'What becomes of it once its claim is gone.',
      ({ spec }) => spec.persistentVolumeReclaimPolicy ?? '',
    ),
    textColumn('Status', 'Whether a claim has it.', ({ metadata, status }) =>
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
    ),
    textColumn('Claim', 'The claim that has it.', claimText),
    textColumn('StorageClass', 'The class it belongs to.', ({ spec }) => spec.storageClassName ?? ''),
    textColumn(
      'VolumeAttributesClass',
      'The class of its properties.',
      ({ spec }) => spec.volumeAttributesClassName || '<unset>',
    ),
    textColumn('Reason', 'Why it is in its status.', ({ status }) => status.reason ?? ''),
    ageColumn,
    textColumn('VolumeMode', 'Filesystem or Block.', ({ spec }) => spec.volumeMode ?? '<unset>', 1),
  ],
};

/** `default/data-db-0` */
function claimText({ spec }: PersistentVolume): string {
  return spec.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : '';
}
