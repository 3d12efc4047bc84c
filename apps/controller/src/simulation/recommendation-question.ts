import type { HistoryAnswer, Recommendation } from '@gantry/api-types';
import type { PodMetricsRecord } from '@gantry/core/autoscaling/metrics-reader';
import { parseRecommendationSpec } from '@gantry/core/autoscaling/parse-recommendation';
import { readHistory } from '@gantry/core/autoscaling/read-history';
import { recommend } from '@gantry/core/autoscaling/recommend';
import type { Review } from '../api/reviews.ts';
import { type QuestionOptions, questionDefaults, sourceOf } from './simulation-question.ts';
import { runInTurns } from './turns.ts';

/** What pods used, as the controller remembers it. */
export interface UsageReader {
  query(subjects: readonly string[], seconds: number): HistoryAnswer;
  podUsage(uid: string): PodMetricsRecord | undefined;
}

/** The history's resolutions, longest first: half an hour, ten minutes, two minutes. */
const spans = [1800, 600, 120];

/** `POST /apis/gantry.io/v1/recommendations`. */
export function recommendationQuestion(options: QuestionOptions & { readonly usage: UsageReader }): Review {
  const { usage, clock } = options;
  return {
    ...questionDefaults,
    kind: 'Recommendation',
    plural: 'recommendations',
    singular: 'recommendation',
    async answer(_asked, request): Promise<Recommendation> {
      const spec = parseRecommendationSpec((request as unknown as { spec?: unknown }).spec);
      const steps = recommend(
        sourceOf(options),
        ({ metadata: { uid } }) => {
          const answers = spans.map((seconds) => usage.query([`pod/${uid}`], seconds));
          return readHistory(answers, usage.podUsage(uid));
        },
        spec,
      );
      const { result } = await runInTurns(steps, { clock });
      return { apiVersion: 'gantry.io/v1', kind: 'Recommendation', spec, status: result };
    },
  };
}
