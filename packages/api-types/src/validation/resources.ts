import type { FieldError } from '../errors.ts';
import type { ResourceClaim, ResourceRequirements } from '../generated/types.ts';
import { compareQuantities, parseQuantity, quantityProblem } from '../quantity.ts';
import { validateDnsLabel } from './common.ts';
import { addProblems, duplicate, forbidden, invalidValue, negativeText, notFound, required } from './field-errors.ts';
import type { FieldPath } from './field-path.ts';
import { qualifiedNameProblems } from './names.ts';

const containerResources: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const countedResources: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const standardResources: ReadonlySet<string> = new Set([
  ...containerResources,
  ...countedResources,
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'storage',
  'requests.storage',
]);

function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Resources of Kubernetes itself: without a prefix, or with one of its own. */
function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && qualifiedNameProblems(`requests.${name}`).length === 0;
}

/** Whether a container may ask for less than it is limited to. */
function mayOvercommit(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

/** Refuses names of resources that no container can have. */
export function validateContainerResourceName(name: string, path: FieldPath, errors: FieldError[]): void {
  if (containerResources.has(name)) return;
  const problems = qualifiedNameProblems(name);
  addProblems(path, name, problems, errors);
  if (!name.includes('/')) {
    if (isHugePages(name)) return;
    if (problems.length === 0 && !standardResources.has(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource type or fully qualified'));
    }
    errors.push(invalidValue(path, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtended(name)) {
    errors.push(invalidValue(path, name, "doesn't follow extended resource name standard"));
  }
}

/** Refuses malformed and negative quantities, and fractions of what comes in pieces; true where it can be compared. */
export function validateResourceQuantity(
  name: string,
  quantity: string,
  path: FieldPath,
  errors: FieldError[],
): boolean {
  const problem = quantityProblem(quantity);
  if (problem) {
    errors.push(invalidValue(path, quantity, problem));
    return false;
  }
  const amount = parseQuantity(quantity);
  if (amount < 0) errors.push(invalidValue(path, quantity, negativeText));
  if ((countedResources.has(name) || isExtended(name)) && !Number.isInteger(amount)) {
    errors.push(invalidValue(path, quantity, 'must be an integer'));
  }
  return true;
}

/** Refuses a map of resources with malformed quantities (a node's capacity). */
export function validateResourceList(
  list: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
  errors: FieldError[],
): void {
  for (const name in list) validateResourceQuantity(name, list[name] ?? '', path.child(name), errors);
}

export interface RequirementRules {
  readonly path: FieldPath;
  readonly claimNames: ReadonlySet<string>;
  readonly validateName: (name: string, path: FieldPath, errors: FieldError[]) => void;
}

/** The rules of requests and limits: known names, sound quantities, no request above its limit. */
export function validateRequirements(
  resources: ResourceRequirements | undefined,
  rules: RequirementRules,
  errors: FieldError[],
): void {
  if (!resources) return;
  const { limits, requests, claims } = resources;
  let hasCpuOrMemory = false;
  let hasHugePages = false;
  for (const name in limits) {
    hasCpuOrMemory ||= name === 'cpu' || name === 'memory';
    hasHugePages ||= isHugePages(name);
    const path = rules.path.child('limits').key(name);
    rules.validateName(name, path, errors);
    validateAmount(name, limits[name] ?? '', path, errors);
  }
  for (const name in requests) {
    hasCpuOrMemory ||= name === 'cpu' || name === 'memory';
    hasHugePages ||= isHugePages(name);
    validateRequest(name, resources, rules, errors);
  }
  if (hasHugePages && !hasCpuOrMemory) errors.push(forbidden(rules.path, 'HugePages require cpu or memory'));
  if (claims) validateClaims(claims, rules, errors);
}

function validateRequest(
  name: string,
  { limits, requests }: ResourceRequirements,
  rules: RequirementRules,
  errors: FieldError[],
): void {
  const request = requests?.[name] ?? '';
  const limit = limits?.[name];
  const path = rules.path.child('requests').key(name);
  rules.validateName(name, path, errors);
  const isSound = validateAmount(name, request, path, errors);
  if (limit === undefined) {
    if (!mayOvercommit(name)) {
      errors.push(required(rules.path.child('limits'), 'Limit must be set for non overcommitable resources'));
    }
    return;
  }
  if (!isSound || request === limit || quantityProblem(limit)) return;
  const difference = compareQuantities(request, limit);
  if (difference !== 0 && !mayOvercommit(name)) {
    errors.push(invalidValue(rules.path.child('requests'), request, `must be equal to ${name} limit of ${limit}`));
  } else if (difference > 0) {
    const text = `must be less than or equal to ${name} limit of ${limit}`;
    errors.push(invalidValue(rules.path.child('requests'), request, text));
  }
}

function validateAmount(name: string, quantity: string, path: FieldPath, errors: FieldError[]): boolean {
  const isSound = validateResourceQuantity(name, quantity, path, errors);
  if (!isSound || !isHugePages(name)) return isSound;
  const pageSize = name.slice('hugepages-'.length);
  const pageBytes = quantityProblem(pageSize) ? 0 : parseQuantity(pageSize);
  const amount = parseQuantity(quantity);
  if (pageBytes <= 0 || amount <= 0 || amount % pageBytes !== 0) {
    errors.push(invalidValue(path, quantity, `${quantity} is not positive integer multiple of ${name}`));
  }
  return true;
}

function validateClaims(claims: readonly ResourceClaim[], rules: RequirementRules, errors: FieldError[]): void {
  const seen = new Set<string>();
  for (const [index, { name, request }] of claims.entries()) {
    const path = rules.path.child('claims').index(index);
    if (!name) {
      errors.push(required(path));
      continue;
    }
    if (request) validateDnsLabel(request, path.child('request'), errors);
    const key = request ? `${name}/${request}` : name;
    const overlaps = seen.has(name) || seen.has(key) || (!request && [...seen].some((k) => k.startsWith(`${name}/`)));
    if (overlaps) errors.push(duplicate(path, seen.has(name) ? name : key));
    seen.add(key);
    if (!rules.claimNames.has(name)) {
      const names = [...rules.claimNames].toSorted();
      const rest = names.length === 0 ? ' which is empty' : `: ${names.join(', ')}`;
      errors.push(notFound(path, name, `must be one of the names in pod.spec.resourceClaims${rest}`));
    }
  }
}
