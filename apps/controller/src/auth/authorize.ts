import type { User } from './user.ts';

/** What is asked of the API, as RBAC sees it. */
export interface AccessAttributes {
  /** get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** For lists and watches by an agent: the field selector it came with, which must confine it to its node. */
  readonly fieldSelector?: string | undefined;
}

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** Subresources that reach into containers, whatever the verb: nobody who may only look may use them. */
const intoContainers: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

/** Of `gantry.io`: created to ask something of the present state, which changes nothing. */
const questions: ReadonlySet<string> = new Set(['simulations', 'recommendations', 'rebalanceplans']);

function isQuestion({ verb, group, resource, subresource }: AccessAttributes): boolean {
  return verb === 'create' && group === 'gantry.io' && questions.has(resource) && !subresource;
}

/** Whether the user may do this. Pure; the refusal's text is {@link forbiddenMessage}. */
export function authorize(user: User, attributes: AccessAttributes): boolean {
  switch (user.role.type) {
    case 'admin':
      return true;
    case 'read-only':
      // Kubernetes' own `view` role leaves Secrets out: reading one may be enough to become somebody else.
      return (
        (readVerbs.has(attributes.verb) || isQuestion(attributes)) &&
        attributes.resource !== 'secrets' &&
        !intoContainers.has(attributes.subresource ?? '')
      );
    case 'node':
      return authorizeNode(user.role.nodeName, attributes);
    case 'service-account':
      return authorizeServiceAccount(user.role.namespace, attributes);
    case 'none':
      return false;
  }
}

/** RBAC is not enforced: what is held back is what would let a pod become somebody of another namespace. */
function authorizeServiceAccount(
  namespace: string,
  { verb, resource, subresource, ...asked }: AccessAttributes,
): boolean {
  if (verb === 'impersonate') return false;
  const isSecret = resource === 'secrets' || (resource === 'serviceaccounts' && subresource === 'token');
  return !isSecret || asked.namespace === namespace;
}

/** Reads of the own Node, and of pods confined to it by a field selector. What an agent needs beyond comes over its session. */
function authorizeNode(nodeName: string, attributes: AccessAttributes): boolean {
  if (attributes.group !== '' || attributes.subresource) return false;
  if (attributes.resource === 'nodes') return attributes.verb === 'get' && attributes.name === nodeName;
  return (
    attributes.resource === 'pods' &&
    (attributes.verb === 'list' || attributes.verb === 'watch') &&
    (attributes.fieldSelector ?? '').split(',').includes(`spec.nodeName=${nodeName}`)
  );
}

const metricsPath = /^\/metrics(\/|$)/;

/**
 * Whether the user may use a path that is no resource's. Discovery, version, health and OpenAPI are for everybody who is
 * known; metrics are for those who may look.
 */
export function authorizePath({ role }: User, verb: string, path: string): boolean {
  if (role.type === 'admin') return true;
  return verb === 'get' && (!metricsPath.test(path) || role.type === 'read-only' || role.type === 'service-account');
}

/** Kubernetes' text for a refusal. */
export function forbiddenMessage(user: User, attributes: AccessAttributes): string {
  const { group, namespace, name, verb } = attributes;
  const resource = attributes.subresource ? `${attributes.resource}/${attributes.subresource}` : attributes.resource;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const qualified = group ? `${attributes.resource}.${group}` : attributes.resource;
  const subject = name ? `${qualified} "${name}"` : qualified;
  return `${subject} is forbidden: User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${scope}`;
}
