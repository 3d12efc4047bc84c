import { nodeActions } from '../drain/drain-actions.ts';
import { inspectorActions } from '../inspector/inspector-actions.ts';
import { timelineActions } from '../timeline/timeline-actions.ts';
import type { ActionContext, PageAction } from './action.ts';
import { pageActions } from './page-actions.ts';
import { viewActions } from './view-actions.ts';

/** Every action of the page, in the order in which palette and help show them. */
export const allActions: readonly PageAction[] = [
  ...pageActions,
  ...nodeActions,
  ...inspectorActions,
  ...timelineActions,
  ...viewActions,
];

/** What can be done in this context. */
export function availableActions(context: ActionContext): PageAction[] {
  return allActions.filter((action) => action.isAvailable?.(context) ?? true);
}
