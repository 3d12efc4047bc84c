import { remove, type TourStage, type TourStep, tourNamespace, untilGone } from './stage.ts';
import { autoscalingStep } from './steps/autoscaling.ts';
import { nodeLossStep } from './steps/node-loss.ts';
import { nodePoolStep, removeTourPool } from './steps/node-pool.ts';
import { noisyNeighbourStep } from './steps/noisy-neighbour.ts';
import { pendingStep } from './steps/pending.ts';
import { scaleStep } from './steps/scale.ts';

/** The guided tour, in its order; about five minutes. Every step does what it says on the cluster it is given. */
export const tourSteps: readonly TourStep[] = [
  scaleStep,
  pendingStep,
  noisyNeighbourStep,
  nodeLossStep,
  autoscalingStep,
  nodePoolStep,
];

/** Removes everything that the tour has made. Resolves when it is gone. */
export async function endTour(stage: TourStage): Promise<void> {
  await removeTourPool(stage);
  const path = `/api/v1/namespaces/${tourNamespace}`;
  await remove(stage, path);
  await untilGone(stage, 'what the tour made is gone', path, 120, 'what the tour made is removed');
}
