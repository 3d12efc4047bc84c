import type { HorizontalPodAutoscalerCondition } from '@gantry/api-types';
import { formatTime } from '../lib/timestamp.ts';

type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';

/** The conditions of an autoscaler while a pass sets them: the last word counts. */
export class Conditions {
  readonly #now: string;
  #conditions: readonly HorizontalPodAutoscalerCondition[];

  constructor(present: readonly HorizontalPodAutoscalerCondition[] | undefined, nowMs: number) {
    this.#now = formatTime(nowMs);
    this.#conditions = present ?? [];
  }

  set(type: ConditionType, isTrue: boolean, reason: string, message: string): void {
    const status = isTrue ? 'True' : 'False';
    const present = this.#conditions.find((condition) => condition.type === type);
    const lastTransitionTime = present?.status === status ? (present.lastTransitionTime ?? this.#now) : this.#now;
    const condition = { type, status, lastTransitionTime, reason, message };
    this.#conditions = present
      ? this.#conditions.map((other) => (other === present ? condition : other))
      : [...this.#conditions, condition];
  }

  list(): HorizontalPodAutoscalerCondition[] {
    return [...this.#conditions];
  }
}
