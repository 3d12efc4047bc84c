import { nodeActions } from '../drain/drain-actions.ts';
import { inspectorActions } from '../inspector/inspector-actions.ts';
import { lossActions } from '../node-loss/loss-actions.ts';
import { timelineActions } from '../timeline/timeline-actions.ts';
import type { ActionContext, PageAction } from './action.ts';
import { pageActions } from './page-actions.ts';
import { podActions } from './pod-actions.ts';
import { groupingActions, viewActions } from './view-actions.ts';
import { workloadActions } from './workload-actions.ts';

/** Every action of the page, in the order in which palette and help show them. */
export const allActions: readonly PageAction[] = [
  ...pageActions,
  ...workloadActions,
  ...podActions,
  ...nodeActions,
  ...lossActions,
  ...inspectorActions,
  ...timelineActions,
  ...viewActions,
];

/** What can be done in this context, also what only this cluster has. */
export function availableActions(context: ActionContext): PageAction[] {
  return [...allActions, ...groupingActions(context.store.nodes.values())].filter(
    (action) => action.isAvailable?.(context) ?? true,
  );
}
