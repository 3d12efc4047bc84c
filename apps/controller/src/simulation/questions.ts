import type { ResourceName } from '@gantry/api-types';
import type { Clock, ClusterSnapshot, InformerSource } from '@gantry/core';
import type { Review } from '../api/reviews.ts';
import { recommendationQuestion, type UsageReader } from './recommendation-question.ts';
import { simulationQuestion } from './simulation-question.ts';

export interface GantryQuestionOptions {
  /** Asked for each time: it starts after the API server. */
  readonly scheduler: () => { readonly snapshot: ClusterSnapshot } | undefined;
  readonly informers: InformerSource;
  readonly usage: UsageReader;
  readonly clock: Clock;
}

/** What may be asked of `gantry.io/v1` beside its stored kinds. */
export function gantryQuestions({ scheduler, informers, usage, clock }: GantryQuestionOptions): readonly Review[] {
  const source = () => {
    const snapshot = scheduler()?.snapshot;
    return (
      snapshot && { snapshot, lister: <R extends ResourceName>(resource: R) => informers.informer(resource).lister }
    );
  };
  return [simulationQuestion({ source, clock }), recommendationQuestion({ source, usage, clock })];
}
