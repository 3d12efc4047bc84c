import type { Namespace } from '@gantry/api-types';
import type { AnyObject, ApiContext, Target, WrittenObject } from '../context.ts';
import { modifyObject } from '../handlers/update.ts';
import { cloneJson } from '../json.ts';
import { revisionOf } from '../metadata.ts';

/** PUT of namespaces/finalize: replaces `spec.finalizers`, the one way to. The namespace goes with the last of them. */
export function finalizeNamespace(
  api: ApiContext,
  target: Target,
  body: AnyObject,
  dryRun: boolean,
): Promise<WrittenObject> {
  const wanted = (body as unknown as Namespace).spec?.finalizers ?? [];
  return modifyObject(
    api,
    { target, dryRun, scope: 'finalize' },
    {
      expectedRevision: revisionOf(body.metadata),
      next(previous) {
        const namespace = cloneJson(previous.object) as unknown as Namespace;
        namespace.spec = { ...namespace.spec, finalizers: [...wanted] };
        return namespace as unknown as AnyObject;
      },
    },
  );
}
