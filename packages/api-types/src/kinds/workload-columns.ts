import type { LabelSelector, PodTemplateSpec } from '../generated/types.ts';
import type { PrinterColumn } from '../kind.ts';
import { formatLabelSelector } from '../selector.ts';
import { textColumn } from './define.ts';

interface Templated {
  spec: { template?: PodTemplateSpec };
}

interface Workload extends Templated {
  spec: { selector?: LabelSelector; template?: PodTemplateSpec };
}

/** The wide columns of what has a template: its containers and their images. */
export const templateWideColumns: readonly PrinterColumn<Templated>[] = [
  textColumn(
    'Containers',
    'The names of the containers in the template.',
    (it) => containersOf(it.spec.template, 'name'),
    1,
  ),
  textColumn(
    'Images',
    'The images of the containers in the template.',
    (it) => containersOf(it.spec.template, 'image'),
    1,
  ),
];

/** The wide columns of most workloads: its containers, their images, its selector. */
export const workloadWideColumns: readonly PrinterColumn<Workload>[] = [
  ...templateWideColumns,
  textColumn(
    'Selector',
    'The labels of the pods that belong to it.',
    ({ spec }) => formatLabelSelector(spec.selector),
    1,
  ),
];

/** The names or images of a template's containers, by commas. */
export function containersOf(template: PodTemplateSpec | undefined, field: 'name' | 'image'): string {
  return (template?.spec.containers ?? []).map((container) => container[field] ?? '').join(',');
}
