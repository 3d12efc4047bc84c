import type { LabelNodeChange, Taint } from '@gantry/api-types';
import { findUntolerated } from '../../scheduler/node-match.ts';
import type { FixCandidate, FixContext } from './fix-context.ts';
import { targetOf } from './fix-context.ts';
import { nodePatch, patchCommand, quoted, specPatch } from './patches.ts';

/** So many candidates of one kind are tried. */
const most = 3;
const ownPrefix = 'node.kubernetes.io/';

/** Cordoned nodes that would do otherwise. */
export function uncordonFixes(context: FixContext): FixCandidate[] {
  const names = refusedOnlyBy(context, ['NodeUnschedulable', 'TaintToleration']).filter(
    (name) => context.run.scene.node(name).spec.unschedulable,
  );
  return names.slice(0, most).map((name) => ({
    type: 'uncordonNode',
    action: `uncordon ${name}`,
    changes: [{ type: 'cordonNode', node: name, unschedulable: false }],
    patch: nodePatch(name, { spec: { unschedulable: null } }),
    command: `kubectl uncordon ${name}`,
  }));
}

/** Taints that keep the pods away, other than those that say that a node is not well. */
export function tolerationFixes(context: FixContext): FixCandidate[] {
  const taints = new Map<string, Taint>();
  for (const { nodeName } of context.verdicts) {
    const taint = findUntolerated(context.info.fit, context.run.scene.snapshot.node(nodeName)?.taints ?? []);
    if (!taint || taint.key.startsWith(ownPrefix)) continue;
    taints.set(`${taint.key}=${taint.value ?? ''}:${taint.effect}`, taint);
  }
  return [...taints].slice(0, most).map(([text, { key, value, effect }]) => {
    const toleration = value ? { key, operator: 'Equal', value, effect } : { key, operator: 'Exists', effect };
    // The list is replaced as a whole by a patch.
    const tolerations = [
      ...(context.pod.spec.tolerations ?? []).filter((one) => !one.key?.startsWith(ownPrefix)),
      toleration,
    ];
    const patch = specPatch(context, { tolerations });
    return {
      type: 'addToleration',
      action: `tolerate the taint ${text.replace('=:', ':')}`,
      changes: [{ type: 'addToleration', ...targetOf(context), toleration }],
      patch,
      command: patchCommand(patch),
    };
  });
}

/** Nodes that only lack the labels that the pods choose by. */
export function labelFixes(context: FixContext): FixCandidate[] {
  const candidates: FixCandidate[] = [];
  for (const name of refusedOnlyBy(context, ['NodeAffinity'])) {
    const labels = missingLabels(context, context.run.scene.node(name).metadata.labels ?? {});
    if (!labels) continue;
    const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
    candidates.push({
      type: 'labelNode',
      action: `label ${name} with ${words.join(', ')}`,
      changes: [{ type: 'labelNode', node: name, labels }],
      patch: nodePatch(name, { metadata: { labels } }),
      command: `kubectl label node ${name} ${words.map(quoted).join(' ')} --overwrite`,
    });
    if (candidates.length === most) break;
  }
  return candidates;
}

/** The labels by which the pods would take a node; undefined where labels alone cannot say. */
export function wantedLabels({ info: { fit } }: FixContext): Record<string, string> | undefined {
  const requirements = [...fit.nodeSelector, ...(fit.requiredNodeTerms?.[0]?.labels ?? [])];
  const labels: Record<string, string> = {};
  for (const { key, operator, values } of requirements) {
    if (operator === 'In' && values[0] !== undefined) labels[key] = values[0];
    else if (operator === 'Exists') labels[key] = 'true';
    else if (operator === 'Gt' || operator === 'Lt') return undefined;
  }
  return labels;
}

function missingLabels(
  context: FixContext,
  present: Readonly<Record<string, string>>,
): LabelNodeChange['labels'] | undefined {
  const wanted = Object.entries(wantedLabels(context) ?? {}).filter(([key, value]) => present[key] !== value);
  // Names and platforms of hosts are facts, not choices.
  const isFact = wanted.some(([key]) => key.startsWith('kubernetes.io/') || key.startsWith(ownPrefix));
  return wanted.length === 0 || isFact ? undefined : Object.fromEntries(wanted);
}

function refusedOnlyBy({ verdicts }: FixContext, plugins: readonly string[]): string[] {
  return verdicts
    .filter(({ refusals }) => refusals.length > 0 && refusals.every(({ plugin }) => plugins.includes(plugin)))
    .map(({ nodeName }) => nodeName);
}
