import { ApiError, invalid, type LabelSelector, type Scale } from '@gantry/api-types';
import { formatLabelSelector } from '@gantry/api-types/selector';
import type { AnyObject, ApiContext, Target, WrittenObject } from '../context.ts';
import { unsaved } from '../context.ts';
import { getObject } from '../handlers/get.ts';
import { modifyObject } from '../handlers/update.ts';
import { cloneJson } from '../json.ts';
import { revisionOf } from '../metadata.ts';

/** The kinds that scale have these fields. */
interface Scalable extends AnyObject {
  spec: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

/** The autoscaling/v1 Scale of an object. `status.selector` is the selector as text. */
export function scaleOf(object: AnyObject): Scale {
  const { metadata, spec, status } = object as Scalable;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = formatLabelSelector(selectorOf(object as Scalable));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace ? { namespace } : {}), uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector },
  };
}

/** A ReplicationController selects by a plain map of labels. */
function selectorOf({ kind, spec }: Scalable): LabelSelector | undefined {
  if (kind !== 'ReplicationController') return spec.selector;
  return spec.selector && { matchLabels: spec.selector as Record<string, string> };
}

/** GET of the scale subresource. */
export function getScale(api: ApiContext, target: Target): WrittenObject {
  return answer(getObject(api, target).object);
}

export interface ScaleUpdateRequest {
  readonly target: Target;
  readonly dryRun: boolean;
  /** The Scale that is wanted, from the present one (for PUT, the body; for PATCH, the patched). */
  readonly next: (present: Scale) => Partial<Scale>;
  /** The version that the writer names; undefined where it names none. */
  readonly expectedRevision: number | undefined;
}

/** PUT and PATCH of the scale subresource: only `spec.replicas` counts. */
export async function updateScale(api: ApiContext, request: ScaleUpdateRequest): Promise<WrittenObject> {
  const { target, dryRun, expectedRevision } = request;
  const written = await modifyObject(
    api,
    { target, dryRun },
    {
      expectedRevision,
      next(previous) {
        const scale = request.next(scaleOf(previous.object));
        const named = revisionOf(scale.metadata ?? {});
        const object = cloneJson(previous.object) as Scalable;
        checkScale(target, scale);
        object.spec.replicas = scale.spec?.replicas ?? 0;
        if (named !== undefined && named !== previous.revision) {
          // Seen only after a race that the patch did not ask to survive.
          throw new ApiError(
            'Conflict',
            `Operation cannot be fulfilled on ${target.kind.qualifiedResource} "${target.name}": the object has been modified; please apply your changes to the latest version and try again`,
          );
        }
        return object;
      },
    },
  );
  return answer(written.object);
}

function checkScale(target: Target, scale: Partial<Scale>): void {
  const replicas = scale.spec?.replicas ?? 0;
  if (scale.metadata?.name && scale.metadata.name !== target.name) {
    const message = `the name of the object (${scale.metadata.name}) does not match the name on the URL (${target.name})`;
    throw new ApiError('BadRequest', message);
  }
  if (Number.isInteger(replicas) && replicas >= 0) return;
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
  throw invalid({ kind: 'Scale', group: 'autoscaling' }, target.name, [
    { field: 'spec.replicas', reason: 'FieldValueInvalid', message },
  ]);
}

function answer(object: AnyObject): WrittenObject {
  return unsaved(scaleOf(object) as unknown as AnyObject);
}
