import { type FieldError, invalid, type SimulationChange, type SimulationSpec } from '@gantry/api-types';
import { quantityProblem } from '@gantry/api-types/quantity';
import { invalidValue, notSupported, required, tooMany } from '@gantry/api-types/validation/field-errors';
import { FieldPath } from '@gantry/api-types/validation/field-path';
import { isWorkloadKind, workloadResources } from './workload-objects.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown, path: FieldPath, errors: FieldError[]) => void;

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

/** Named fields must be right; others may be there. */
function parts(shape: Readonly<Record<string, Check>>): Check {
  return (value, path, errors) => {
    if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object'));
    for (const [name, check] of Object.entries(shape)) {
      const field = name.replace('?', '');
      if (value[field] !== undefined) check(value[field], path.child(field), errors);
      else if (!name.endsWith('?')) errors.push(required(path.child(field)));
    }
  };
}

/** No other field may be there: a misspelt one would change the question. */
function fields(shape: Readonly<Record<string, Check>>): Check {
  const known = Object.keys(shape).map((name) => name.replace('?', ''));
  return (value, path, errors) => {
    parts(shape)(value, path, errors);
    if (!isFields(value)) return;
    for (const field of Object.keys(value)) if (!known.includes(field)) errors.push(notSupported(path, field, known));
  };
}

function workload(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object with kind and name'));
  if (typeof value.kind !== 'string' || !isWorkloadKind(value.kind)) {
    errors.push(notSupported(path.child('kind'), value.kind, Object.keys(workloadResources)));
  }
  text(value.name, path.child('name'), errors);
  if (value.namespace !== undefined) text(value.namespace, path.child('namespace'), errors);
}

function text(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (typeof value !== 'string' || value === '') errors.push(invalidValue(path, value, 'must be a text'));
}

function flag(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (typeof value !== 'boolean') errors.push(invalidValue(path, value, 'must be true or false'));
}

function podKey(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (typeof value === 'string' && /^[^/]+\/[^/]+$/.test(value)) return;
  errors.push(invalidValue(path, value, 'must be namespace/name of a pod'));
}

function wholeNumber(min: number, max: number): Check {
  return (value, path, errors) => {
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return;
    errors.push(invalidValue(path, value, `must be a whole number between ${min} and ${max}`));
  };
}

function quantity(value: unknown, path: FieldPath, errors: FieldError[]): void {
  const problem = typeof value === 'string' ? quantityProblem(value) : 'must be a quantity such as 250m or 512Mi';
  if (problem !== undefined) errors.push(invalidValue(path, value, problem));
  else if (String(value).startsWith('-')) errors.push(invalidValue(path, value, 'must be greater than or equal to 0'));
}

function quantities(value: unknown, path: FieldPath, errors: FieldError[]): void {
  if (!isFields(value) || Object.keys(value).length === 0) {
    return void errors.push(invalidValue(path, value, 'must be amounts by resource, such as { cpu: 250m }'));
  }
  for (const [name, amount] of Object.entries(value)) quantity(amount, path.key(name), errors);
}

function textMap(mayBeNull: boolean): Check {
  return (value, path, errors) => {
    if (!isFields(value)) return void errors.push(invalidValue(path, value, 'must be an object'));
    for (const [name, one] of Object.entries(value)) {
      if (typeof one === 'string' || (mayBeNull && one === null)) continue;
      errors.push(invalidValue(path.key(name), one, 'must be a text'));
    }
  };
}

function list(check: Check): Check {
  return (value, path, errors) => {
    if (!Array.isArray(value)) return void errors.push(invalidValue(path, value, 'must be a list'));
    for (const [index, item] of value.entries()) check(item, path.index(index), errors);
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
