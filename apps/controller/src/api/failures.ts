import { ApiError, type StatusCause } from '@gantry/api-types';
import { StoreError } from '@gantry/core';
import type { ServedKind } from './registry.ts';

/** 404 for an object. `details.kind` is the plural, as in Kubernetes. */
export function notFound(kind: ServedKind, name: string): ApiError {
  return new ApiError('NotFound', `${kind.qualifiedResource} "${name}" not found`, detailsOf(kind, name));
}

/** 409 for a name that is taken. */
export function alreadyExists(kind: ServedKind, name: string): ApiError {
  return new ApiError('AlreadyExists', `${kind.qualifiedResource} "${name}" already exists`, detailsOf(kind, name));
}

/** 409 of optimistic concurrency, or with `why` of a precondition. */
export function conflict(kind: ServedKind, name: string, why = modified): ApiError {
  const message = `Operation cannot be fulfilled on ${kind.qualifiedResource} "${name}": ${why}`;
  return new ApiError('Conflict', message, detailsOf(kind, name));
}

/** 403 of admission, as opposed to authorization. */
export function forbidden(kind: ServedKind, name: string, why: string, causes?: StatusCause[]): ApiError {
  const details = { ...detailsOf(kind, name), ...(causes ? { causes } : {}) };
  return new ApiError('Forbidden', `${kind.qualifiedResource} "${name}" is forbidden: ${why}`, details);
}

/** 422 for refused list and watch options, in Kubernetes' own form. */
export function invalidListOptions(field: string, message: string): ApiError {
  const causes = [{ reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field }];
  const text = `ListOptions.meta.k8s.io "" is invalid: ${field}: Forbidden: ${message}`;
  return new ApiError('Invalid', text, { group: 'meta.k8s.io', kind: 'ListOptions', causes });
}

/** 504 for a revision that has not been written yet. */
export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  const message = `Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiError('Timeout', `Timeout: ${message}`, { causes, retryAfterSeconds: 1 });
}

/** 404 for a path in a served group version that names no resource. */
export function unknownResource(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource');
}

/** 405. */
export function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

/** True for a {@link StoreError} of this code. */
export function isStoreError(error: unknown, code: StoreError['code']): error is StoreError {
  return error instanceof StoreError && error.code === code;
}

const modified = 'the object has been modified; please apply your changes to the latest version and try again';

function detailsOf(kind: ServedKind, name: string) {
  const { group, plural } = kind.definition;
  return { name, ...(group ? { group } : {}), kind: plural };
}
