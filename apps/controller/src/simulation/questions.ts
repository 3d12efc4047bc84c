import type { Clock } from '@gantry/core';
import type { Review } from '../api/reviews.ts';
import { rebalanceQuestion } from './rebalance-question.ts';
import { recommendationQuestion, type UsageReader } from './recommendation-question.ts';
import { simulationQuestion } from './simulation-question.ts';
import type { ReadSource } from './simulation-source.ts';

export interface GantryQuestionOptions {
  readonly source: ReadSource;
  readonly usage: UsageReader;
  readonly clock: Clock;
}

/** What may be asked of `gantry.io/v1` beside its stored kinds. */
export function gantryQuestions({ source, usage, clock }: GantryQuestionOptions): readonly Review[] {
  return [
    simulationQuestion({ source, clock }),
    recommendationQuestion({ source, usage, clock }),
    rebalanceQuestion({ source, clock }),
  ];
}
