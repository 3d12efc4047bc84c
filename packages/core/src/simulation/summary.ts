import type { SimulatedWait, SimulationChange, SimulationStatus, WorkloadReference } from '@gantry/api-types';
import { formatBytes, formatCpuMilli } from '@gantry/api-types/quantity';
import type { AnswerInput } from './answer.ts';

type SummaryInput = AnswerInput & Omit<SimulationStatus, 'summary' | 'durationMs' | 'fixes'>;

/** The answer in sentences, most important first. */
export function summarise(input: SummaryInput): string[] {
  const { scene, spec, counts, lost } = input;
  const sentences: string[] = [];
  const nodesGone = nodeSentences(input);
  for (const workload of input.workloads) sentences.push(workloadSentence(workload, input));
  sentences.push(...input.waits.filter(({ workload }) => !workload).map(bareSentence));
  sentences.push(...nodesGone);
  if (lost.length > 0)
    sentences.push(
      `${plural(lost.length, 'pod')} lost: ${listed(lost.map(({ pod, reason }) => `${pod} (${reason})`))}`,
    );
  if (counts.deleted > 0) sentences.push(`${plural(counts.deleted, 'pod')} deleted by scaling down or by the rollout`);
  if (scene.addedNodes.length > 0) sentences.push(addedSentence(spec.changes ?? [], input));
  if (sentences.length === 0)
    sentences.push(counts.placed > 0 ? `all ${counts.placed} pods fit` : 'nothing changes: no pod waits');
  return sentences;
}

function workloadSentence(workload: SimulationStatus['workloads'][number], { waits }: SummaryInput): string {
  const { replicas, fitting, waiting } = workload;
  const name = `${workload.name} (${workload.kind})`;
  if (waiting === 0) return replicas === 1 ? `${name}: its pod fits` : `${name}: all ${replicas} fit`;
  const reasons = waits.filter((wait) => isSame(wait.workload, workload)).map(({ text }) => text);
  return `${name}: ${fitting} of ${replicas} fit, ${waiting} ${waiting === 1 ? 'waits' : 'wait'}: ${reasons.join('; ')}`;
}

function bareSentence({ pods, text }: SimulatedWait): string {
  return `${pods[0] ?? ''} waits: ${text}`;
}

function nodeSentences({ scene, placements, waits, lost, spec }: SummaryInput): string[] {
  const drained = (spec.changes ?? []).flatMap((change) => (change.type === 'drainNode' ? [change.node] : []));
  return [...scene.removedNodes, ...drained].map((name) => {
    const moved = placements.filter(({ movedFrom }) => movedFrom === name).length;
    const waiting = waits
      .filter(({ movedFrom }) => movedFrom?.includes(name))
      .reduce((sum, { count }) => sum + count, 0);
    const gone = lost.filter(({ nodeName }) => nodeName === name).length;
    const parts = [`${moved} of its pods move`];
    if (waiting > 0) parts.push(`${waiting} find no node`);
    if (gone > 0) parts.push(`${gone} are lost`);
    return `without ${name}: ${parts.join(', ')}`;
  });
}

function addedSentence(changes: readonly SimulationChange[], { scene, placements }: SummaryInput): string {
  const added = new Set(scene.addedNodes);
  const used = placements.filter(({ nodeName }) => added.has(nodeName));
  const sizes = changes.flatMap((change) =>
    change.type === 'addNodes' ? [`${change.count ?? 1} of ${change.cpu} cpu and ${change.memory}`] : [],
  );
  return `${plural(added.size, 'new node')} (${sizes.join(', ')}): ${plural(used.length, 'pod')} would run there`;
}

function isSame(a: WorkloadReference | undefined, b: WorkloadReference): boolean {
  return (
    a !== undefined &&
    a.kind === b.kind &&
    a.name === b.name &&
    (a.namespace ?? 'default') === (b.namespace ?? 'default')
  );
}

function listed(words: readonly string[]): string {
  const shown = words.slice(0, 5).join(', ');
  return words.length > 5 ? `${shown} and ${words.length - 5} more` : shown;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `2.5 cpu and 4Gi`. */
export function amountsInWords(cpuMilli: number, memoryBytes: number): string {
  return `${formatCpuMilli(cpuMilli)} cpu and ${formatBytes(memoryBytes)}`;
}
