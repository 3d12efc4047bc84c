import type { Recommendation, RecommendationSpec, RecommendationStatus } from '@gantry/api-types/right-sizing';
import { type FixPatch, gantryApiVersion } from '@gantry/api-types/simulation';
import { createObject, patchObject } from '../api/client.ts';
import type { ApiTarget } from '../api/paths.ts';
import { ApiRefusal } from '../api/refusal.ts';
import { count } from '../format.ts';
import { workloadKindAt, workloadKinds } from '../state/workload-kinds.ts';

/** What workloads should request by what they used; nothing is changed. Rejects with an `ApiRefusal`. */
export async function fetchRecommendations(
  spec: RecommendationSpec,
  signal: AbortSignal,
): Promise<RecommendationStatus> {
  const target = { apiVersion: gantryApiVersion, resource: 'recommendations' };
  const asked: Recommendation = { apiVersion: gantryApiVersion, kind: 'Recommendation', spec };
  const { status } = await createObject<Recommendation>(target, asked, { signal });
  if (!status) throw new Error('the API answered a recommendation without a status');
  return status;
}

/**
 * Resizes running pods, one after the other, and says how it went. A pod that is gone, or may not be resized, stops none
 * of the others; any other refusal rejects.
 */
export async function resizeInPlace(patches: readonly FixPatch[]): Promise<string> {
  const refused: string[] = [];
  for (const fix of patches) {
    try {
      await patchObject({ ...targetOf(fix), subresource: 'resize' }, fix.patch as object, { type: patchType(fix) });
    } catch (failure) {
      if (!(failure instanceof ApiRefusal) || !['NotFound', 'Invalid'].includes(failure.reason)) throw failure;
      refused.push(`${fix.name}: ${failure.message}`);
    }
  }
  const done = `${count(patches.length - refused.length, 'pod')} resized in place.`;
  return refused.length === 0 ? done : `${done} Not resized: ${refused.join('; ')}`;
}

/** Patches the template: its pods start anew. */
export async function patchTemplate(fix: FixPatch): Promise<void> {
  await patchObject(targetOf(fix), fix.patch as object, { type: patchType(fix) });
}

function targetOf({ apiVersion, kind, namespace, name }: FixPatch): ApiTarget {
  const workloadKind = workloadKindAt(kind.toLowerCase());
  return { apiVersion, resource: workloadKind ? workloadKinds[workloadKind].resource : 'pods', namespace, name };
}

function patchType({ contentType }: FixPatch): 'merge' | 'strategic-merge' {
  return contentType.includes('strategic') ? 'strategic-merge' : 'merge';
}
