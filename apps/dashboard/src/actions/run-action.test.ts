import { beforeEach, expect, it } from 'vitest';
import type { AccessAnswer, AccessQuestion } from '../api/access.ts';
import { ApiRefusal } from '../api/refusal.ts';
import { actionContext } from '../testing/action-context.ts';
import type { PageAction } from './action.ts';
import { useNotice } from './notice.ts';
import { runAction } from './run-action.ts';

const { context } = actionContext();
const question: AccessQuestion = { verb: 'patch', resource: 'nodes' };
const refused: AccessAnswer = { isAllowed: false, reason: 'This session is read-only: it may not patch nodes.' };

beforeEach(() => useNotice.setState({ text: undefined }));

it('asks the API before it changes something, and shows a refusal', async () => {
  const { action, runs } = countingAction({ needs: () => question });
  const asked: AccessQuestion[] = [];
  const answer = (given: AccessAnswer) => async (about: AccessQuestion) => {
    asked.push(about);
    return given;
  };
  await runAction(action, context, answer(refused));
  expect([asked, runs()]).toEqual([[question], 0]);
  expect(useNotice.getState().text).toBe(refused.reason);
  await runAction(action, context, answer({ isAllowed: true }));
  expect([runs(), useNotice.getState().text]).toEqual([1, undefined]);
});

it('shows what the API says where the work itself is refused, or the question got no answer', async () => {
  const fail = async (): Promise<never> => {
    throw new ApiRefusal(403, 'Forbidden', 'nodes "node-1" is forbidden');
  };
  await runAction({ id: 'node.cordon', title: 'Cordon', run: fail }, context);
  expect(useNotice.getState().text).toBe('Cordon: nodes "node-1" is forbidden');
  const { action, runs } = countingAction({ needs: () => question });
  await runAction(action, context, fail);
  expect([runs(), useNotice.getState().text]).toEqual([0, 'Test: nodes "node-1" is forbidden']);
});

it('runs at once what needs no leave', () => {
  const { action, runs } = countingAction({});
  void runAction(action, context);
  expect(runs()).toBe(1);
});

function countingAction(change: Partial<PageAction>): { readonly action: PageAction; readonly runs: () => number } {
  let runs = 0;
  const run = (): void => void runs++;
  return { action: { id: 'test', title: 'Test', run, ...change }, runs: () => runs };
}
