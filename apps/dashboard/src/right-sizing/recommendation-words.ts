import type { ResourceAmounts, WorkloadRecommendation } from '@gantry/api-types/right-sizing';
import type { SetRequestsChange } from '@gantry/api-types/simulation';
import { formatBytes, formatCpu } from '../format.ts';

/** `500m → 120m`, or one amount where it stays. */
export function fromTo(
  present: number | undefined,
  recommended: number,
  format: (amount: number) => string = String,
): string {
  const before = present === undefined ? 'none' : format(present);
  const after = format(recommended);
  return before === after ? after : `${before} → ${after}`;
}

/** `frees 1.2 CPU and 640Mi`, `asks for 300m CPU more`, `changes nothing`. */
export function freesWords({ cpuMilli, memoryBytes }: ResourceAmounts): string {
  const parts = [
    { amount: cpuMilli, words: `${formatCpu(Math.abs(cpuMilli))} CPU` },
    { amount: memoryBytes, words: `${formatBytes(Math.abs(memoryBytes))}` },
  ];
  const more = parts.filter(({ amount }) => amount < 0).map(({ words }) => words);
  const free = parts.filter(({ amount }) => amount > 0).map(({ words }) => words);
  const said = [
    free.length > 0 ? `frees ${free.join(' and ')}` : '',
    more.length > 0 ? `asks for ${more.join(' and ')} more` : '',
  ].filter(Boolean);
  return said.join(', ') || 'changes nothing';
}

/** The recommendation as what-if questions: running pods resized where they are. */
export function previewChanges({ workload, containers }: WorkloadRecommendation): SetRequestsChange[] {
  return containers
    .filter(({ isChanged }) => isChanged)
    .map(({ name, recommended }) => ({
      type: 'setRequests',
      workload,
      container: name,
      inPlace: true,
      requests: { cpu: `${recommended.cpuMilli}m`, memory: String(recommended.memoryBytes) },
    }));
}
