import type { FeedWorkload } from '@gantry/api-types/feed';
import { nameOf } from '../format.ts';
import { isLive } from '../state/may-write.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import type { ActionContext, PageAction } from './action.ts';
import { openOverview } from './open-overview.ts';
import { targetWorkload, workloadPath, workloadQuestion } from './target-workload.ts';

/** Actions on the workload that is open, or to which the focused or open pod belongs: each goes to where it is done. */
export const workloadActions: readonly PageAction[] = [
  workloadAction({
    id: 'workload.scale',
    title: 'Scale the workload',
    keywords: 'replicas',
    shortcut: 's',
    verb: 'patch',
    suits: ({ kind }) => workloadKinds[kind].isScalable,
    focusId: 'replicas',
  }),
  workloadAction({
    id: 'workload.restart',
    title: 'Restart the workload',
    keywords: 'rollout pods new',
    verb: 'update',
    suits: ({ kind, paused }) => workloadKinds[kind].revisions !== undefined && paused !== true,
    focusId: 'rollout-restart',
  }),
  workloadAction({
    id: 'workload.pause',
    title: 'Pause or resume the rollout',
    keywords: 'deployment stop continue',
    verb: 'update',
    suits: ({ kind }) => kind === 'Deployment',
    focusId: 'rollout-pause',
  }),
  workloadAction({
    id: 'workload.roll-back',
    title: 'Roll back to a former revision',
    keywords: 'rollout undo history',
    verb: 'update',
    suits: ({ kind, paused }) => workloadKinds[kind].revisions !== undefined && paused !== true,
    focusId: 'rollout',
  }),
];

interface WorkloadAction extends Pick<PageAction, 'id' | 'title' | 'keywords' | 'shortcut'> {
  readonly verb: string;
  readonly suits: (workload: FeedWorkload) => boolean;
  /** The element of its Overview that does it. */
  readonly focusId: string;
}

function workloadAction({ verb, suits, focusId, ...named }: WorkloadAction): PageAction {
  const suited = (context: ActionContext): FeedWorkload | undefined => {
    const workload = targetWorkload(context);
    return workload && suits(workload) ? workload : undefined;
  };
  return {
    ...named,
    about: (context) => nameOf(suited(context)?.key ?? ''),
    isAvailable: (context) => isLive(context.store) && suited(context) !== undefined,
    needs(context) {
      const workload = suited(context);
      return workload && workloadQuestion(workload, verb);
    },
    run(context) {
      const workload = suited(context);
      if (workload) openOverview(context.navigate, workloadPath(workload), focusId);
    },
  };
}
