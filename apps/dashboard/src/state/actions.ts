import type { CordonAction, DeletePodAction, ScaleAction } from '@gantry/api-types/feed';
import type { SchedulingDecision } from '@gantry/core/scheduler/decision';

/** Resolves when the API has accepted the change; rejects with the API's own message. */
export const scale = (action: ScaleAction): Promise<void> => post('/api/scale', action);
export const cordon = (action: CordonAction): Promise<void> => post('/api/cordon', action);
export const deletePod = (action: DeletePodAction): Promise<void> => post('/api/delete-pod', action);

/** The scheduler's record for a pod; undefined where it is no longer, or not yet, kept. */
export async function fetchDecision(uid: string, signal: AbortSignal): Promise<SchedulingDecision | undefined> {
  const answer = await fetch(`/api/decisions/${encodeURIComponent(uid)}`, { signal });
  return answer.ok ? ((await answer.json()) as SchedulingDecision) : undefined;
}

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.ok) return;
  const status = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new Error(status.message ?? `the controller answered ${answer.status}`);
}
