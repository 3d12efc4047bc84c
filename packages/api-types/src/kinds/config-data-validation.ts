import type { FieldError } from '../errors.ts';
import type { ConfigMap, Secret } from '../generated/types.ts';

/** The rules of a ConfigMap. */
export function validateConfigMap(_configMap: ConfigMap): FieldError[] {
  return [];
}

/** What of a ConfigMap may not change. */
export function validateConfigMapUpdate(_next: ConfigMap, _previous: ConfigMap): FieldError[] {
  return [];
}

/** The rules of a Secret. */
export function validateSecret(_secret: Secret): FieldError[] {
  return [];
}

/** What of a Secret may not change. */
export function validateSecretUpdate(_next: Secret, _previous: Secret): FieldError[] {
  return [];
}
