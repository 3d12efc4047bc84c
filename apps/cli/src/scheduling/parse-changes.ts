import type { SimulationChange, Taint, Toleration, WorkloadReference } from '@gantry/api-types';
import { UserError } from '../output/user-error.ts';

const kinds: Readonly<Record<string, WorkloadReference['kind']>> = {
  deployment: 'Deployment',
  deploy: 'Deployment',
  statefulset: 'StatefulSet',
  sts: 'StatefulSet',
  daemonset: 'DaemonSet',
  ds: 'DaemonSet',
  replicaset: 'ReplicaSet',
  rs: 'ReplicaSet',
  replicationcontroller: 'ReplicationController',
  rc: 'ReplicationController',
  job: 'Job',
};

/** The changes in the words of the command line, for `--help` and for errors. */
export const changesHelp = `changes, several joined by "and":
  scale KIND/NAME REPLICAS
  lose-node NODE | drain NODE | cordon NODE | uncordon NODE
  label NODE KEY=VALUE... (KEY- takes one off)
  add-node --cpu QUANTITY --memory QUANTITY [--count N] [--pods N] [--label KEY=VALUE] [--taint KEY=VALUE:EFFECT]
  set-resources KIND/NAME [--container NAME] [--cpu QUANTITY] [--memory QUANTITY] [--in-place]
  tolerate KIND/NAME KEY[=VALUE]:EFFECT
  evict POD...`;

interface Words {
  readonly verb: string;
  readonly operands: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly namespace: string;
}

const flags: ReadonlySet<string> = new Set(['in-place']);

/** What `gantry simulate` was asked, as the API takes it. Throws `UserError`. */
export function parseChanges(args: readonly string[], namespace: string): SimulationChange[] {
  const changes: string[][] = [[]];
  for (const arg of args) {
    if (arg === 'and') changes.push([]);
    else changes.at(-1)?.push(arg);
  }
  if (args.length === 0) return [];
  return changes.map((words) => parseChange(wordsOf(words, namespace)));
}

function wordsOf(args: readonly string[], namespace: string): Words {
  const [verb = '', ...rest] = args;
  const operands: string[] = [];
  const options = new Map<string, string[]>();
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] ?? '';
    if (!word.startsWith('--')) {
      operands.push(word);
      continue;
    }
    const [name = '', inline] = word.slice(2).split(/=(.*)/s);
    const value = flags.has(name) ? '' : (inline ?? rest[++index]);
    if (value === undefined) throw new UserError(`${verb}: --${name} needs a value`);
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  return { verb, operands, options, namespace };
}

function parseChange(words: Words): SimulationChange {
  const { operands, namespace } = words;
  switch (words.verb) {
    case 'scale': {
      const [target, count] = exactly(words, 2, 'KIND/NAME REPLICAS');
      return { type: 'scale', workload: workloadOf(words, target ?? ''), replicas: wholeNumber(words, count ?? '') };
    }
    case 'lose-node':
      return { type: 'removeNode', node: nodeOf(words) };
    case 'drain':
      return { type: 'drainNode', node: nodeOf(words) };
    case 'cordon':
    case 'uncordon':
      return { type: 'cordonNode', node: nodeOf(words), unschedulable: words.verb === 'cordon' };
    case 'label': {
      const [node, ...labels] = operands;
      if (!node || labels.length === 0) throw usage(words, 'NODE KEY=VALUE...');
      return { type: 'labelNode', node, labels: Object.fromEntries(labels.map((label) => labelOf(words, label))) };
    }
    case 'add-node':
      return addNodes(words);
    case 'set-resources':
      return setResources(words);
    case 'tolerate': {
      const [target, toleration] = exactly(words, 2, 'KIND/NAME KEY[=VALUE]:EFFECT');
      return {
        type: 'addToleration',
        ...targetOf(words, target ?? ''),
        toleration: tolerationOf(words, toleration ?? ''),
      };
    }
    case 'evict':
      if (operands.length === 0) throw usage(words, 'POD...');
      return { type: 'evictPods', pods: operands.map((pod) => (pod.includes('/') ? pod : `${namespace}/${pod}`)) };
    default:
      throw new UserError(`there is no change "${words.verb}"\n${changesHelp}`);
  }
}

function addNodes(words: Words): SimulationChange {
  const { options } = words;
  const cpu = options.get('cpu')?.at(-1);
  const memory = options.get('memory')?.at(-1);
  if (!cpu || !memory) throw usage(words, '--cpu QUANTITY --memory QUANTITY');
  const labels = options.get('label')?.map((label) => labelOf(words, label));
  const taints = options.get('taint')?.map((taint) => taintOf(words, taint));
  const number = (name: string) =>
    options
      .get(name)
      ?.map((value) => wholeNumber(words, value))
      .at(-1);
  const count = number('count');
  const pods = number('pods');
  return {
    type: 'addNodes',
    cpu,
    memory,
    ...(count === undefined ? {} : { count }),
    ...(pods === undefined ? {} : { pods }),
    ...(labels ? { labels: Object.fromEntries(labels) as Record<string, string> } : {}),
    ...(taints ? { taints } : {}),
  };
}

function setResources(words: Words): SimulationChange {
  const [target] = exactly(words, 1, 'KIND/NAME --cpu QUANTITY --memory QUANTITY');
  const { options } = words;
  const requests = ['cpu', 'memory'].flatMap((name) => {
    const value = options.get(name)?.at(-1);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (requests.length === 0) throw usage(words, 'KIND/NAME --cpu QUANTITY --memory QUANTITY');
  const container = options.get('container')?.at(-1);
  return {
    type: 'setRequests',
    ...targetOf(words, target ?? ''),
    requests: Object.fromEntries(requests),
    ...(container === undefined ? {} : { container }),
    ...(options.has('in-place') ? { inPlace: true } : {}),
  };
}

function targetOf(words: Words, text: string): { workload: WorkloadReference } | { pod: string } {
  const pod = /^(?:pod|pods|po)\/(.+)$/.exec(text)?.[1];
  return pod === undefined ? { workload: workloadOf(words, text) } : { pod: `${words.namespace}/${pod}` };
}

function workloadOf(words: Words, text: string): WorkloadReference {
  const [kind = '', name = ''] = text.split('/');
  const known = kinds[kind.toLowerCase()] ?? kinds[kind.toLowerCase().replace(/s$/, '')];
  if (known && name) return { kind: known, namespace: words.namespace, name };
  throw new UserError(`${words.verb}: "${text}" is no workload; name one as KIND/NAME, such as deployment/web`);
}

function nodeOf(words: Words): string {
  return exactly(words, 1, 'NODE')[0] ?? '';
}

function labelOf(words: Words, text: string): [string, string | null] {
  if (text.endsWith('-') && !text.includes('=')) return [text.slice(0, -1), null];
  const at = text.indexOf('=');
  if (at <= 0) throw new UserError(`${words.verb}: "${text}" is no label; write KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function taintOf(words: Words, text: string): Taint {
  const match = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(text);
  if (!match?.[1] || !match[3]) throw new UserError(`${words.verb}: "${text}" is no taint; write KEY=VALUE:NoSchedule`);
  return { key: match[1], ...(match[2] ? { value: match[2] } : {}), effect: match[3] };
}

function tolerationOf(words: Words, text: string): Toleration {
  const { key, value, effect } = taintOf(words, text);
  return value === undefined ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect };
}

function wholeNumber(words: Words, text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= 0) return value;
  throw new UserError(`${words.verb}: "${text}" must be a whole number`);
}

function exactly(words: Words, count: number, form: string): readonly string[] {
  if (words.operands.length === count) return words.operands;
  throw usage(words, form);
}

function usage({ verb }: Words, form: string): UserError {
  return new UserError(`write: gantry simulate ${verb} ${form}`);
}
