/** The provisioner of the default StorageClass: a directory on the node of the first pod that uses the claim. */
export const localProvisioner = 'gantry.io/local';
/** Kubernetes' name for classes whose volumes are made by hand. */
export const noProvisioner = 'kubernetes.io/no-provisioner';
export const defaultClassName = 'local';

export const annotations = {
  isDefaultClass: 'storageclass.kubernetes.io/is-default-class',
  isDefaultClassBeta: 'storageclass.beta.kubernetes.io/is-default-class',
  /** The class of a claim as it was named before the field existed. */
  storageClassBeta: 'volume.beta.kubernetes.io/storage-class',
  /** On a claim: the binding to its volume was once complete. */
  bindCompleted: 'pv.kubernetes.io/bind-completed',
  /** On either side: the binding was the controller's choice and may be undone by it. */
  boundByController: 'pv.kubernetes.io/bound-by-controller',
  /** On a volume: who made it. */
  provisionedBy: 'pv.kubernetes.io/provisioned-by',
  /** On a claim: where the scheduler wants its volume. */
  selectedNode: 'volume.kubernetes.io/selected-node',
  /** On a claim: who makes its volume. */
  storageProvisioner: 'volume.kubernetes.io/storage-provisioner',
  /** On a node: the directory in which it keeps the volumes that are made for claims. */
  claimsDirectory: 'gantry.io/claims-directory',
} as const;

export const finalizers = {
  claimProtection: 'kubernetes.io/pvc-protection',
  volumeProtection: 'kubernetes.io/pv-protection',
  /** On a volume that is a node's directory: stays until the directory is gone. */
  directory: 'gantry.io/local-directory',
} as const;

export const hostnameLabel = 'kubernetes.io/hostname';
