import type { RebalancePlan } from '@gantry/api-types';
import { parseRebalancePlanSpec } from '@gantry/core/rebalance/parse-plan';
import { planRebalance } from '@gantry/core/rebalance/plan-rebalance';
import type { Review } from '../api/reviews.ts';
import { type QuestionOptions, questionDefaults, sourceOf } from './simulation-question.ts';
import { runInTurns } from './turns.ts';

/** `POST /apis/gantry.io/v1/rebalanceplans`. */
export function rebalanceQuestion(options: QuestionOptions): Review {
  return {
    ...questionDefaults,
    kind: 'RebalancePlan',
    plural: 'rebalanceplans',
    singular: 'rebalanceplan',
    async answer(_asked, request): Promise<RebalancePlan> {
      const spec = parseRebalancePlanSpec((request as unknown as { spec?: unknown }).spec);
      const { result } = await runInTurns(planRebalance(sourceOf(options), spec), options);
      return { apiVersion: 'gantry.io/v1', kind: 'RebalancePlan', spec, status: result };
    },
  };
}
