import type { AnyObject } from '../context.ts';
import type { ServedKind } from '../registry.ts';

/** One write on its way in. `object` belongs to the request and may be changed; `previous` is shared and may not. */
export interface AdmissionRequest {
  readonly operation: 'create' | 'update';
  readonly kind: ServedKind;
  readonly object: AnyObject;
  readonly previous?: AnyObject;
}

/**
 * Fills in or refuses what needs more than the object itself to decide (another object, an allocation).
 * Runs after defaults, before validation. Refuses by throwing `ApiError`.
 */
export interface AdmissionPlugin {
  readonly name: string;
  readonly resources: readonly string[];
  /** May return what is to be called once the write has settled, however it ended. */
  admit(request: AdmissionRequest): (() => void) | undefined;
}

/** The plugins, ready to be asked. */
export interface Admission {
  /** Asks all plugins of the resource in order. The returned function must be called once the write has settled. */
  admit(request: AdmissionRequest): () => void;
}

/** Groups the plugins by resource, so that kinds without any pay nothing. */
export function createAdmission(plugins: readonly AdmissionPlugin[]): Admission {
  const byResource = new Map<string, AdmissionPlugin[]>();
  for (const plugin of plugins) {
    for (const resource of plugin.resources) {
      const list = byResource.get(resource) ?? [];
      list.push(plugin);
      byResource.set(resource, list);
    }
  }
  return {
    admit(request) {
      const settled: (() => void)[] = [];
      try {
        for (const plugin of byResource.get(request.kind.resource) ?? []) {
          const onSettled = plugin.admit(request);
          if (onSettled) settled.push(onSettled);
        }
      } catch (error) {
        for (const onSettled of settled) onSettled();
        throw error;
      }
      return () => {
        for (const onSettled of settled) onSettled();
      };
    },
  };
}
