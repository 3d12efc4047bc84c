import { failureWords } from '../api/refusal.ts';
import { reviewAccess } from '../api/use-access.ts';
import type { ActionContext, PageAction } from './action.ts';
import { useNotice } from './notice.ts';

/**
 * Runs an action: one that changes something once the API has said that this session may. That it may not, or that the
 * work failed, is shown. What needs no leave runs before this returns.
 */
export async function runAction(
  action: PageAction,
  context: ActionContext,
  review: typeof reviewAccess = reviewAccess,
): Promise<void> {
  const { show } = useNotice.getState();
  show(undefined);
  try {
    const question = action.needs?.(context);
    if (question) {
      const { isAllowed, reason } = await review(question);
      if (!isAllowed) return show(reason ?? `This session may not: ${action.title}`);
    }
    await action.run(context);
  } catch (failure) {
    show(`${action.title}: ${failureWords(failure)}`);
  }
}
