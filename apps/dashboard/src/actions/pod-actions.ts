import type { FeedPod } from '@gantry/api-types/feed';
import { nameOf, namespaceOf } from '../format.ts';
import { isLive } from '../state/may-write.ts';
import { objectPath } from '../state/selection.ts';
import { useUi } from '../state/ui.ts';
import type { ActionContext, PageAction } from './action.ts';
import { openOverview } from './open-overview.ts';

/** Actions on the pod that is focused or open. */
export const podActions: readonly PageAction[] = [
  {
    id: 'pod.delete',
    title: 'Delete the pod',
    keywords: 'remove kill replace',
    about: (context) => nameOf(podOf(context)?.key ?? ''),
    isAvailable: (context) => isLive(context.store) && podOf(context) !== undefined,
    needs(context) {
      const pod = podOf(context);
      return pod && { verb: 'delete', resource: 'pods', namespace: namespaceOf(pod.key) };
    },
    run(context) {
      const pod = podOf(context);
      if (!pod) return;
      useUi.getState().askToDelete(pod.key);
      openOverview(context.navigate, objectPath('Pod', namespaceOf(pod.key), nameOf(pod.key)), 'delete-question');
    },
  },
];

function podOf({ target, store }: ActionContext): FeedPod | undefined {
  if (target.kind !== 'pod') return undefined;
  const pod = store.pods.get(`${target.namespace}/${target.name}`);
  return pod?.deletedAt ? undefined : pod;
}
