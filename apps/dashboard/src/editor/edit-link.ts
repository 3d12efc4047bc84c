import type { ApiTarget } from '../api/paths.ts';
import { setSearchValue } from '../state/url-search.ts';

/** The value of `?edit=` for an editor without an object. */
export const newText = 'new';

/** `apps/v1,deployments,default,web`; cluster-scoped objects leave the namespace empty. */
export function editValue({ apiVersion, resource, namespace = '', name = '' }: ApiTarget): string {
  return [apiVersion, resource, namespace, name].join(',');
}

/** The inverse; undefined for {@link newText} and for what names no object. */
export function parseEdit(value: string): ApiTarget | undefined {
  const [apiVersion, resource, namespace, name] = value.split(',');
  if (!apiVersion || !resource || !name) return undefined;
  return { apiVersion, resource, name, namespace: namespace || undefined };
}

/** Opens the editor beside the fleet, for an object or for a new text. */
export function openYaml(target?: ApiTarget): void {
  setSearchValue('edit', target ? editValue(target) : newText, true);
}

export function closeYaml(): void {
  setSearchValue('edit', undefined, true);
}
