import type { FieldError } from '../../errors.ts';
import type { RoleBinding, Subject } from '../../generated/types.ts';
import { semanticEqual } from '../../lib/semantic-equal.ts';
import { validateDnsSubdomain } from '../../validation/common.ts';
import { invalidValue, notSupported, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';

/** The API group of everything about roles. */
export const rbacGroup = 'rbac.authorization.k8s.io';

type AnyBinding = Pick<RoleBinding, 'roleRef' | 'subjects'>;

const refPath = FieldPath.of('roleRef');

/** The rules of a RoleBinding. */
export function validateRoleBinding(binding: AnyBinding): FieldError[] {
  return validateBinding(binding, ['ClusterRole', 'Role'], true);
}

/** The rules of a ClusterRoleBinding, which can give cluster roles only. */
export function validateClusterRoleBinding(binding: AnyBinding): FieldError[] {
  return validateBinding(binding, ['ClusterRole'], false);
}

/** A binding gives the role it was made for. */
export function validateBindingUpdate(next: AnyBinding, previous: AnyBinding): FieldError[] {
  if (semanticEqual(next.roleRef, previous.roleRef)) return [];
  return [invalidValue(refPath, next.roleRef, 'cannot change roleRef')];
}

function validateBinding(
  { roleRef, subjects }: AnyBinding,
  kinds: readonly string[],
  isNamespaced: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup, kind = '', name } = roleRef;
  if (apiGroup !== rbacGroup) errors.push(notSupported(refPath.child('apiGroup'), apiGroup, [rbacGroup]));
  if (!kinds.includes(kind)) errors.push(notSupported(refPath.child('kind'), kind, kinds));
  if (!name) errors.push(required(refPath.child('name')));
  const path = FieldPath.of('subjects');
  subjects?.forEach((subject, index) => {
    validateSubject(subject, isNamespaced, path.index(index), errors);
  });
  return errors;
}

function validateSubject(subject: Subject, isNamespaced: boolean, path: FieldPath, errors: FieldError[]): void {
  const { name, kind, apiGroup = '', namespace } = subject;
  if (!name) errors.push(required(path.child('name')));
  const groupPath = path.child('apiGroup');
  switch (kind) {
    case 'ServiceAccount':
      if (name) validateDnsSubdomain(name, path.child('name'), errors);
      if (apiGroup !== '') errors.push(notSupported(groupPath, apiGroup, ['']));
      if (!isNamespaced && !namespace) errors.push(required(path.child('namespace')));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(notSupported(groupPath, apiGroup, [rbacGroup]));
      break;
    default:
      errors.push(notSupported(path.child('kind'), kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
}
