import type { LabelSelector, PodTemplateSpec } from '../generated/types.ts';
import type { PrinterColumn } from '../kind.ts';
import { formatLabelSelector } from '../selector.ts';
import { textColumn } from './define.ts';

interface Workload {
  spec: { selector: LabelSelector; template?: PodTemplateSpec };
}

/** The wide columns of every workload: its containers, their images, its selector. */
export const workloadWideColumns: readonly PrinterColumn<Workload>[] = [
  textColumn(
    'Containers',
    'The names of the containers in the template.',
    (workload) => containersOf(workload, 'name'),
    1,
  ),
  textColumn(
    'Images',
    'The images of the containers in the template.',
    (workload) => containersOf(workload, 'image'),
    1,
  ),
  textColumn(
    'Selector',
    'The labels of the pods that belong to it.',
    ({ spec }) => formatLabelSelector(spec.selector),
    1,
  ),
];

function containersOf(workload: Workload, field: 'name' | 'image'): string {
  return (workload.spec.template?.spec.containers ?? []).map((container) => container[field] ?? '').join(',');
}
