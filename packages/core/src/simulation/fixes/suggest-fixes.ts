import {
  keyOf,
  type SimulatedWait,
  type SimulationChange,
  type SimulationFix,
  type SimulationSpec,
} from '@gantry/api-types';
import type { SimulationRun } from '../simulate.ts';
import { simulate } from '../simulate.ts';
import type { SimulationSource } from '../source.ts';
import { evictFixes } from './evict-fixes.ts';
import type { FixCandidate, FixContext, Trial, TryChanges } from './fix-context.ts';
import { isSubject } from './fix-context.ts';
import { hostFixes } from './host-fixes.ts';
import { labelFixes, tolerationFixes, uncordonFixes } from './node-fixes.ts';
import { requestFixes } from './request-fixes.ts';

/** So many kinds of waiting pods are looked at; name a pod for another. */
const maxWaits = 3;

/**
 * What would let waiting pods fit: each fix was simulated on top of the changes asked about and helps at least one pod.
 * Best first. Yields where other work may have its turn.
 */
export function* suggestFixes(
  source: SimulationSource,
  spec: SimulationSpec,
  run: SimulationRun,
): Generator<void, SimulationFix[]> {
  const waits = run.status.waits.filter(
    (wait) => wait.nodesTotal > 0 && (spec.pod === undefined || wait.pods.includes(spec.pod)),
  );
  const fixes: SimulationFix[] = [];
  for (const wait of waits.slice(0, maxWaits)) {
    const context = contextOf(source, spec, run, wait);
    if (context) fixes.push(...(yield* fixesFor(context)));
  }
  // Sorting is stable: of two that help alike the one that changes less comes first.
  return fixes.sort((a, b) => b.fits / b.waiting - a.fits / a.waiting);
}

function contextOf(
  source: SimulationSource,
  spec: SimulationSpec,
  run: SimulationRun,
  wait: SimulatedWait,
): FixContext | undefined {
  const key = spec.pod ?? wait.pods[0];
  const found = run.placement.waiting.find(({ simulated }) => keyOf(simulated.pod) === key)?.simulated;
  if (!found) return undefined;
  const verdicts = run.placement.scheduler.explain(found.info);
  return { source, spec, run, wait, pod: found.pod, info: found.info, verdicts };
}

function* fixesFor(context: FixContext): Generator<void, SimulationFix[]> {
  const tryChanges: TryChanges = (changes) => tryOut(context, changes);
  // Pods that exist only in the question have no object that could be changed.
  const isReal =
    context.wait.workload !== undefined || context.source.lister('pods').get(keyOf(context.pod)) !== undefined;
  const candidates: FixCandidate[] = [
    ...uncordonFixes(context),
    ...(isReal ? yield* requestFixes(context, tryChanges) : []),
    ...labelFixes(context),
    ...(isReal ? tolerationFixes(context) : []),
    ...evictFixes(context),
    ...(yield* hostFixes(context, tryChanges)),
  ];
  const fixes: SimulationFix[] = [];
  for (const candidate of candidates) {
    const trial = yield* tryChanges(candidate.changes);
    if (trial.fits > 0) fixes.push(fixOf(context, candidate, trial));
  }
  return fixes;
}

function* tryOut(context: FixContext, changes: readonly SimulationChange[]): Generator<void, Trial> {
  const { source, spec, run, wait } = context;
  const all = [...(spec.changes ?? []), ...changes];
  const { status } = yield* simulate(source, { changes: all, maxNodes: 0 });
  const still = status.waits.filter((other) => isSubject(context, other)).reduce((sum, { count }) => sum + count, 0);
  const others = status.counts.waiting - still - (run.status.counts.waiting - wait.count);
  const subjectPlacements = status.placements.filter(({ pod, workload }) =>
    isSubject(context, { pods: [pod], ...(workload ? { workload } : {}) }),
  );
  return {
    fits: Math.max(0, wait.count - still),
    nodeNames: [...new Set(subjectPlacements.map(({ nodeName }) => nodeName))].slice(0, 10),
    newlyWaiting: Math.max(0, others),
  };
}

function fixOf({ wait }: FixContext, { action, ...candidate }: FixCandidate, trial: Trial): SimulationFix {
  const { fits, nodeNames, newlyWaiting } = trial;
  const where = nodeNames.length === 1 ? ` on ${nodeNames[0]}` : '';
  const who = wait.count === 1 ? 'it fits' : fits === wait.count ? `all ${fits} fit` : `${fits} of ${wait.count} fit`;
  const cost =
    newlyWaiting > 0 ? `; ${newlyWaiting} other ${newlyWaiting === 1 ? 'pod' : 'pods'} would wait instead` : '';
  return { ...candidate, text: `${action}: ${who}${where}${cost}`, fits, waiting: wait.count, nodeNames };
}
