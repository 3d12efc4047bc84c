import type { KindDefinition, SubresourceDefinition } from '../../kind.ts';
import { apiVersionOf } from '../../kind.ts';
import type { GroupVersionKind, JsonSchema } from './definitions.ts';

/** What the documents need to know of a kind. */
export type DescribedKind = Pick<
  KindDefinition,
  'group' | 'version' | 'kind' | 'plural' | 'isNamespaced' | 'verbs' | 'subresources'
>;

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch';

/** A query parameter; those in the path are told from the path's own text. */
export interface QueryParameter {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'integer';
  readonly description: string;
}

/** An operation, before it is written in the words of OpenAPI v2 or v3. */
export interface Operation {
  readonly method: Method;
  readonly id: string;
  readonly description: string;
  readonly action: string;
  readonly kind: GroupVersionKind;
  readonly query: readonly QueryParameter[];
  /** The kind of the body: an object of the kind, a patch, delete options or nothing. */
  readonly body: 'object' | 'patch' | 'deleteOptions' | undefined;
  readonly answer: 'object' | 'list' | 'status' | 'text';
}

export interface Path {
  /** `/apis/apps/v1/namespaces/{namespace}/deployments/{name}` */
  readonly path: string;
  readonly operations: readonly Operation[];
}

const text = (name: string, description: string): QueryParameter => ({ name, type: 'string', description });
const flag = (name: string, description: string): QueryParameter => ({ name, type: 'boolean', description });
const count = (name: string, description: string): QueryParameter => ({ name, type: 'integer', description });

const pretty = text('pretty', 'If true, the output is indented.');
const dryRun = text('dryRun', 'All: do everything but store the result.');
const writeParameters = [
  pretty,
  dryRun,
  text('fieldManager', 'The name of who makes the change.'),
  text('fieldValidation', 'What to do about unknown and duplicate fields: Ignore, Warn or Strict.'),
];
const force = flag('force', 'Server-side apply: take fields from other managers. Apply patches only.');
const deleteParameters = [
  pretty,
  dryRun,
  count('gracePeriodSeconds', 'Seconds until the object is removed; 0 is at once.'),
  text('propagationPolicy', 'What happens to dependents: Orphan, Background or Foreground.'),
];
const listParameters = [
  pretty,
  flag('allowWatchBookmarks', 'Whether a watch may send events of type BOOKMARK.'),
  text('continue', 'Where the previous page of the list ended, as that page said.'),
  text('fieldSelector', 'Restricts the list by the fields of objects.'),
  text('labelSelector', 'Restricts the list by the labels of objects.'),
  count('limit', 'The size of a page.'),
  text('resourceVersion', 'How recent the list has to be.'),
  text('resourceVersionMatch', 'How resourceVersion is applied: Exact or NotOlderThan.'),
  flag('sendInitialEvents', 'Whether a watch starts with the present objects.'),
  count('timeoutSeconds', 'How long the call may last.'),
  flag('watch', 'Whether to send changes as they happen instead of a list.'),
];

/** The paths of a served kind, its subresources included. */
export function pathsOf(kind: DescribedKind): Path[] {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind)}`;
  const scope = kind.isNamespaced ? `${root}/namespaces/{namespace}` : root;
  const collection = `${scope}/${kind.plural}`;
  const item = `${collection}/{name}`;
  const everywhere: Path[] = kind.isNamespaced
    ? [{ path: `${root}/${kind.plural}`, operations: collectionOperations(kind, true) }]
    : [];
  const paths: Path[] = [
    ...everywhere,
    { path: collection, operations: collectionOperations(kind, false) },
    { path: item, operations: itemOperations(kind) },
    ...kind.subresources.map((sub) => ({ path: `${item}/${sub.name}`, operations: subresourceOperations(kind, sub) })),
  ];
  return paths.filter(({ operations }) => operations.length > 0);
}

function collectionOperations(kind: DescribedKind, isAllNamespaces: boolean): Operation[] {
  const operations: Operation[] = [];
  const suffix = isAllNamespaces ? `${kind.kind}ForAllNamespaces` : subject(kind);
  if (kind.verbs.includes('list')) {
    const description = `list or watch objects of kind ${kind.kind}`;
    operations.push(operation(kind, 'get', 'list', suffix, description, { query: listParameters, answer: 'list' }));
  }
  if (isAllNamespaces) return operations;
  if (kind.verbs.includes('create')) {
    operations.push(
      operation(kind, 'post', 'post', suffix, `create a ${kind.kind}`, { query: writeParameters, body: 'object' }),
    );
  }
  if (kind.verbs.includes('deletecollection')) {
    const query = [...listParameters.filter(({ name }) => name !== 'watch'), ...deleteParameters.slice(1)];
    const shape = { query, body: 'deleteOptions', answer: 'status' } as const;
    operations.push(operation(kind, 'delete', 'deletecollection', suffix, `delete collection of ${kind.kind}`, shape));
  }
  return operations;
}

function itemOperations(kind: DescribedKind): Operation[] {
  const name = subject(kind);
  const all: Partial<Record<string, Operation>> = {
    get: operation(kind, 'get', 'get', name, `read the specified ${kind.kind}`, { query: [pretty] }),
    update: operation(kind, 'put', 'put', name, `replace the specified ${kind.kind}`, {
      query: writeParameters,
      body: 'object',
    }),
    patch: operation(kind, 'patch', 'patch', name, `partially update the specified ${kind.kind}`, {
      query: [...writeParameters, force],
      body: 'patch',
    }),
    delete: operation(kind, 'delete', 'delete', name, `delete a ${kind.kind}`, {
      query: deleteParameters,
      body: 'deleteOptions',
      answer: 'status',
    }),
  };
  return kind.verbs.flatMap((verb) => all[verb] ?? []);
}

function subresourceOperations(kind: DescribedKind, sub: SubresourceDefinition): Operation[] {
  const name = `${subject(kind)}${sub.name.charAt(0).toUpperCase()}${sub.name.slice(1)}`;
  const answer = sub.name === 'log' ? 'text' : 'object';
  const all = {
    get: operation(sub, 'get', 'get', name, `read ${sub.name} of the specified ${kind.kind}`, {
      query: [pretty],
      answer,
    }),
    create: operation(sub, 'post', 'post', name, `create ${sub.name} of a ${kind.kind}`, {
      query: writeParameters,
      body: 'object',
    }),
    update: operation(sub, 'put', 'put', name, `replace ${sub.name} of the specified ${kind.kind}`, {
      query: writeParameters,
      body: 'object',
    }),
    patch: operation(sub, 'patch', 'patch', name, `partially update ${sub.name} of the specified ${kind.kind}`, {
      query: [...writeParameters, force],
      body: 'patch',
    }),
  };
  return sub.verbs.map((verb) => all[verb]);
}

function operation(
  kind: GroupVersionKind,
  method: Method,
  action: string,
  name: string,
  description: string,
  shape: Partial<Pick<Operation, 'query' | 'body' | 'answer'>>,
): Operation {
  const { group, version } = kind;
  return {
    method,
    id: `${action}${name}`,
    description,
    action,
    kind: { group, version, kind: kind.kind },
    query: shape.query ?? [],
    body: shape.body,
    answer: shape.answer ?? 'object',
  };
}

/** `AppsV1NamespacedDeployment` */
function subject(kind: DescribedKind): string {
  const group = (kind.group.split('.')[0] ?? '') || 'core';
  const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
  return `${capital(group)}${capital(kind.version)}${kind.isNamespaced ? 'Namespaced' : ''}${kind.kind}`;
}

/** The parameters in a path's text. */
export function pathParameters(path: string): { name: string; description: string; schema: JsonSchema }[] {
  const descriptions: Readonly<Record<string, string>> = {
    name: 'name of the object',
    namespace: 'object name and auth scope, such as for teams and projects',
  };
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    description: descriptions[name] ?? name,
    schema: { type: 'string' },
  }));
}
