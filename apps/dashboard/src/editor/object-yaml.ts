import type { KubernetesObject } from '@gantry/api-types';
import { stringify } from 'yaml';

/** The object as operators write it: what it is first, and nothing that only the server uses. */
export function toYaml(object: object): string {
  const { apiVersion, kind, metadata, ...rest } = object as KubernetesObject & Record<string, unknown>;
  const { managedFields: _, ...kept } = (metadata ?? {}) as unknown as Record<string, unknown>;
  return stringify({ apiVersion, kind, metadata: kept, ...rest }, { lineWidth: 0, aliasDuplicateObjects: false });
}
