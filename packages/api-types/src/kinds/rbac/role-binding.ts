import type { ClusterRoleBinding, RoleBinding } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { ageColumn, allVerbs, nameColumn, storedAsSent, textColumn } from '../define.ts';
import {
  rbacGroup,
  validateBindingUpdate,
  validateClusterRoleBinding,
  validateRoleBinding,
} from './binding-validation.ts';

type AnyBinding = Pick<RoleBinding, 'roleRef' | 'subjects'>;

const common = {
  ...storedAsSent,
  group: rbacGroup,
  version: 'v1',
  shortNames: [],
  categories: [],
  verbs: allVerbs,
  setDefaults: setBindingDefaults,
  validateUpdate: validateBindingUpdate,
  nameRule: 'any',
} as const;

const columns = [
  nameColumn,
  textColumn<AnyBinding>('Role', 'The role it gives.', ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`),
  ageColumn,
  textColumn<AnyBinding>('Users', 'The users it is given to.', (binding) => subjectsText(binding, 'User'), 1),
  textColumn<AnyBinding>('Groups', 'The groups it is given to.', (binding) => subjectsText(binding, 'Group'), 1),
  textColumn<AnyBinding>(
    'ServiceAccounts',
    'The service accounts it is given to.',
    (binding) => subjectsText(binding, 'ServiceAccount'),
    1,
  ),
];

export const roleBindingKind: KindDefinition<RoleBinding> = {
  ...common,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  isNamespaced: true,
  validate: validateRoleBinding,
  columns: columns as KindDefinition<RoleBinding>['columns'],
};

export const clusterRoleBindingKind: KindDefinition<ClusterRoleBinding> = {
  ...common,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  isNamespaced: false,
  validate: validateClusterRoleBinding,
  columns: columns as KindDefinition<ClusterRoleBinding>['columns'],
};

function setBindingDefaults(binding: AnyBinding): void {
  binding.roleRef ??= {} as AnyBinding['roleRef'];
  binding.roleRef.apiGroup ||= rbacGroup;
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
  }
}

function subjectsText({ subjects = [] }: AnyBinding, kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');
}
