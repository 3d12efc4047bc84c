import {
  type CompiledSelector,
  type HorizontalPodAutoscaler,
  isApiError,
  keyOf,
  parseLabelSelector,
  type Scale,
} from '@gantry/api-types';
import type { InformerSource } from '@gantry/core';
import type { TargetPods } from '@gantry/core/autoscaling/plan-autoscaler';
import { autoscalersOfPods } from '@gantry/core/autoscaling/selector-overlap';
import { createTargetSelectors } from './scale-targets.ts';

/** Finds the pods that a target's scale selects. */
export type FindTargetPods = (autoscaler: HorizontalPodAutoscaler, scale: Scale) => TargetPods;

/** From the caches. Pods that another autoscaler scales by too are of no use to either. */
export function createTargetPods(informers: InformerSource): FindTargetPods {
  const pods = informers.informer('pods').lister;
  const autoscalers = informers.informer('horizontalpodautoscalers.autoscaling').lister;
  const selectorOf = createTargetSelectors(informers);
  return (autoscaler, scale) => {
    const text = scale.status?.selector ?? '';
    if (text === '') {
      const condition = "the HPA target's scale is missing a selector";
      return {
        type: 'unusable',
        reason: 'InvalidSelector',
        condition,
        eventReason: 'SelectorRequired',
        message: 'selector is required',
      };
    }
    const selector = parseSelector(text);
    if ('problem' in selector) {
      const message = `couldn't convert selector into a corresponding internal selector object: ${selector.problem}`;
      return unusable('InvalidSelector', message);
    }
    const { namespace } = autoscaler.metadata;
    const selected = pods.list(namespace).filter(({ metadata }) => selector.matches(metadata.labels));
    const others = autoscalers.list(namespace).flatMap((other) => {
      const theirs = selectorOf(other);
      return theirs ? [{ key: keyOf(other), selector: theirs }] : [];
    });
    const selecting = autoscalersOfPods({ key: keyOf(autoscaler), selector }, selected, others);
    if (selecting.length <= 1) return { type: 'found', pods: selected };
    const message = `pods by selector ${text} are controlled by multiple HPAs: [${selecting.join(' ')}]`;
    return unusable('AmbiguousSelector', message);
  };
}

function unusable(reason: string, message: string): TargetPods {
  return { type: 'unusable', reason, condition: message, eventReason: reason, message };
}

function parseSelector(text: string): CompiledSelector | { readonly problem: string } {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (isApiError(error)) return { problem: error.message };
    throw error;
  }
}
