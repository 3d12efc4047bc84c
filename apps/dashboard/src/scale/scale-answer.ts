import type { FeedWorkload } from '@gantry/api-types/feed';
import type { ClusterStore } from '../state/cluster-store.ts';
import { tileState } from '../state/pod-state.ts';
import type { Preview } from '../what-if/preview.ts';
import { workloadKey } from '../what-if/preview-scene.ts';

export interface ScaleAnswer {
  readonly sentence: string;
  /** How many replicas fit, where not all of them do and that is another number than there are now. */
  readonly fitting: number | undefined;
}

/** What the scheduler says of a workload at another number of replicas, in words. */
export function scaleAnswer(workload: FeedWorkload, draft: number, preview: Preview | undefined): ScaleAnswer {
  if (preview?.error) return { sentence: `No preview: ${preview.error}`, fitting: undefined };
  const change = preview?.spec.changes?.[0];
  if (!preview?.status || preview.at === undefined || change?.type !== 'scale' || change.replicas !== draft)
    return { sentence: 'Asking the scheduler…', fitting: undefined };
  const { summary, workloads } = preview.status;
  const own = workloads.find((entry) => workloadKey(entry) === workload.key);
  const fitting = own && own.waiting > 0 && own.fitting !== workload.replicas ? own.fitting : undefined;
  const name = workload.key.slice(workload.key.lastIndexOf('/') + 1);
  // The panel is about this workload: its name need not be said again.
  const sentences = summary.map((sentence) => sentence.replace(`${name} (${workload.kind}): `, ''));
  return { sentence: `${sentences.join('. ')}${sentences.length > 0 ? '.' : ''}`, fitting };
}

/** Where the slider ends: at least 60, and with room above what is there. */
export function sliderEnd(replicas: number): number {
  return Math.max(60, Math.ceil((replicas + 10) / 10) * 10);
}

/**
 * Whether what was applied is still on its way: until all are ready, or what is not ready waits for a node, which may be
 * for ever.
 */
export function isUnderWay(store: ClusterStore, workload: FeedWorkload, applied: number | undefined): boolean {
  if (applied === undefined || workload.replicas !== applied) return false;
  let [ready, refused, living] = [0, 0, 0];
  for (const pod of store.podsOf(workload)) {
    const state = tileState(pod, pod.nodeName ? store.nodes.get(pod.nodeName) : undefined);
    if (state === 'terminating' || state === 'succeeded' || state === 'failed') continue;
    living++;
    if (state === 'ready') ready++;
    if (state === 'pending' && pod.message) refused++;
  }
  return living !== applied || ready + refused < applied;
}

/** The same as a shell line. */
export function kubectlScale(workload: FeedWorkload, replicas: number): string {
  const [kind = '', namespace = '', name = ''] = workload.key.split('/');
  const scope = namespace === 'default' ? '' : ` -n ${namespace}`;
  return `kubectl scale ${kind.toLowerCase()}/${name}${scope} --replicas=${replicas}`;
}
