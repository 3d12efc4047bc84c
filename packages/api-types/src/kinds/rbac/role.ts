import type { ClusterRole, Role } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { allVerbs, createdAtColumn, nameColumn, noErrors, storedAsSent } from '../define.ts';
import { validateClusterRole, validateRole } from './role-validation.ts';

const common = {
  ...storedAsSent,
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  shortNames: [],
  categories: [],
  verbs: allVerbs,
  validateUpdate: noErrors,
  nameRule: 'any',
  columns: [nameColumn, createdAtColumn],
} as const;

export const roleKind: KindDefinition<Role> = {
  ...common,
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  isNamespaced: true,
  setDefaults(role) {
    role.rules ??= [];
  },
  validate: validateRole,
};

export const clusterRoleKind: KindDefinition<ClusterRole> = {
  ...common,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  isNamespaced: false,
  setDefaults(role) {
    role.rules ??= [];
  },
  validate: validateClusterRole,
};
