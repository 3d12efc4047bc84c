import type { KindDefinition } from '../kind.ts';
import type { KubernetesObject } from '../resources.ts';
import { builtAt } from './metadata.ts';

/** What validation says about an object as a client sent it: defaulted first, one text a problem. The object is changed. */
export function problemsOf<T extends KubernetesObject>(kind: KindDefinition<T>, object: T): string[] {
  kind.setDefaults(object);
  return kind.validate(object).map((error) => `${error.field}: ${error.message}`);
}

/** The cells of an object's row, a minute after the builders' objects were made. */
export function cellsOf<T extends KubernetesObject>(kind: KindDefinition<T>, object: T): unknown[] {
  const now = new Date(Date.parse(builtAt) + 60_000);
  return kind.columns.map((column) => column.value(object, now));
}
