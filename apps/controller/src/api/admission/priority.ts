import { objectKey, type Pod, type PriorityClass, systemPriorityClasses } from '@gantry/api-types';
import type { ApiContext } from '../context.ts';
import { forbidden } from '../failures.ts';
import type { AdmissionPlugin } from './admission.ts';

const resource = 'priorityclasses.scheduling.k8s.io';
type FoundClass = Pick<PriorityClass, 'value' | 'preemptionPolicy'> & { readonly name: string };

/** Priority: turns `priorityClassName`, or the default class where there is one, into `priority`. */
export function priorityAdmission(objects: ApiContext['objects']): AdmissionPlugin {
  return {
    name: 'Priority',
    resources: ['pods'],
    admit({ operation, kind, object }) {
      if (operation !== 'create') return undefined;
      const { spec, metadata } = object as unknown as Pod;
      const { priorityClassName } = spec;
      const found = priorityClassName ? classNamed(objects, priorityClassName) : defaultClass(objects);
      if (priorityClassName && !found) {
        throw forbidden(kind, metadata.name, `no PriorityClass with name ${priorityClassName} was found`);
      }
      const priority = found?.value ?? 0;
      if (spec.priority !== undefined && spec.priority !== priority) {
        const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`;
        throw forbidden(kind, metadata.name, why);
      }
      spec.priority = priority;
      if (found && !priorityClassName) spec.priorityClassName = found.name;
      const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
        const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
        throw forbidden(kind, metadata.name, why);
      }
      spec.preemptionPolicy = policy;
      return undefined;
    },
  };
}

function classNamed(objects: ApiContext['objects'], name: string): FoundClass | undefined {
  const found = objects.get(resource, objectKey(undefined, name))?.object as PriorityClass | undefined;
  // The system's own exist even where somebody has deleted the objects.
  return found ? { ...found, name } : systemPriorityClasses.find((it) => it.name === name);
}

/** Of several defaults the one of the least value counts. */
function defaultClass(objects: ApiContext['objects']): FoundClass | undefined {
  const all = objects.list(resource).map((entry) => entry.object as PriorityClass);
  const [first] = all.filter((it) => it.globalDefault).toSorted((a, b) => a.value - b.value);
  return first && { ...first, name: first.metadata.name };
}
