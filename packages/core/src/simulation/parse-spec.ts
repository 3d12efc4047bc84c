import { type FieldError, invalid, type SimulationChange, type SimulationSpec } from '@gantry/api-types';
import { invalidValue, notSupported, required, tooMany } from '@gantry/api-types/validation/field-errors';
import { FieldPath } from '@gantry/api-types/validation/field-path';
import {
  type Check,
  fields,
  flag,
  isFields,
  list,
  parts,
  podKey,
  quantities,
  quantity,
  text,
  textMap,
  wholeNumber,
  workload,
} from './question-fields.ts';

/** More than anybody can read an answer about; bounds what one question may cost. */
const limits = { changes: 100, pods: 5_000, nodes: 2_000 };

const nodeName = { node: text };
/** By type of change: what its fields have to be. A question mark: the field may be absent. */
const shapes: Readonly<Record<SimulationChange['type'], Readonly<Record<string, Check>>>> = {
  scale: { workload, replicas: wholeNumber(0, limits.pods) },
  removeNode: nodeName,
  drainNode: nodeName,
  cordonNode: { ...nodeName, 'unschedulable?': flag },
  labelNode: { ...nodeName, labels: textMap(true) },
  addNodes: {
    'count?': wholeNumber(1, limits.nodes),
    cpu: quantity,
    memory: quantity,
    'pods?': wholeNumber(1, 100_000),
    'labels?': textMap(false),
    'taints?': list(parts({ key: text, effect: text })),
    'namePrefix?': text,
  },
  setRequests: { 'workload?': workload, 'pod?': podKey, 'container?': text, requests: quantities, 'inPlace?': flag },
  addToleration: { 'workload?': workload, 'pod?': podKey, toleration: parts({}) },
  evictPods: { pods: list(podKey) },
  addPods: {
    'namespace?': text,
    name: text,
    template: parts({ spec: parts({ containers: list(parts({ name: text })) }) }),
    'count?': wholeNumber(1, limits.pods),
  },
};

/** A question as a client sent it. Throws `ApiError` Invalid that names each field. */
export function parseSimulationSpec(value: unknown): SimulationSpec {
  const errors: FieldError[] = [];
  const path = FieldPath.of('spec');
  fields({
    'changes?': list(change),
    'suggest?': flag,
    'pod?': podKey,
    'maxNodes?': wholeNumber(0, 5000),
    'maxPlacements?': wholeNumber(0, 100_000),
  })(value ?? {}, path, errors);
  const { changes } = (value ?? {}) as { changes?: unknown[] };
  if (errors.length === 0 && changes && changes.length > limits.changes) {
    errors.push(tooMany(path.child('changes'), changes.length, limits.changes));
  }
  if (errors.length > 0) throw invalid({ kind: 'Simulation', group: 'gantry.io' }, '', errors);
  return (value ?? {}) as SimulationSpec;
}

function change(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object'));
  const { type, workload: named, pod } = value;
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) {
    errors.push(notSupported(path.child('type'), type, Object.keys(shapes)));
    return;
  }
  fields({ ...shapes[type as SimulationChange['type']], type: text })(value, path, errors);
  const hasTarget = type === 'setRequests' || type === 'addToleration';
  if (hasTarget && (named === undefined) === (pod === undefined)) {
    errors.push(required(path.child('workload'), 'one of workload and pod'));
  }
}
