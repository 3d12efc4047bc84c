import { ApiError } from './errors.ts';
import type { LabelSelector } from './generated/types.ts';
import { isInteger } from './lib/int64.ts';
import { parseLabelRequirements } from './selector-parse.ts';

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

/** One condition on one label. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>> | undefined;

/** A label selector ready to be matched many times. */
export interface CompiledSelector {
  readonly requirements: readonly LabelRequirement[];
  /** True where every object matches. */
  readonly isEverything: boolean;
  /** True where no object can match (a missing LabelSelector object). */
  readonly isNothing: boolean;
  matches(labels: Labels): boolean;
  /** The selector as text, as `status.selector` of Scale and `kubectl describe` have it. */
  toString(): string;
}

/**
 * Parses the text of a `labelSelector` parameter (`a=b,c!=d,e in (x,y),!f,g`); '' selects everything.
 * @throws ApiError BadRequest with Kubernetes' message
 */
export function parseLabelSelector(text: string): CompiledSelector {
  return selectorFrom(text === '' ? [] : parseLabelRequirements(text));
}

/**
 * Compiles a LabelSelector object: undefined selects nothing, `{}` everything. It need not have been validated.
 * @throws ApiError BadRequest for an operator that does not exist
 */
export function compileLabelSelector(selector: LabelSelector | undefined): CompiledSelector {
  if (!selector) return nothing;
  const requirements: LabelRequirement[] = equalities(selector.matchLabels);
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    requirements.push({ key, operator: operatorOf(operator), values: values ?? [] });
  }
  return selectorFrom(requirements);
}

/** Compiles a map of labels, all of which must match (a Service's selector, a node selector). Empty selects everything. */
export function compileLabelMap(labels: Labels): CompiledSelector {
  return selectorFrom(equalities(labels));
}

/** One match without compiling, for selectors that are used once. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  return compileLabelSelector(selector).matches(labels);
}

/** A LabelSelector object as text, in Kubernetes' order and spelling; `<none>` for a missing one. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (!selector) return '<none>';
  return compileLabelSelector(selector).toString() || '<none>';
}

const nothing: CompiledSelector = {
  requirements: [],
  isEverything: false,
  isNothing: true,
  matches: () => false,
  toString: () => '',
};

const everything: CompiledSelector = {
  requirements: [],
  isEverything: true,
  isNothing: false,
  matches: () => true,
  toString: () => '',
};

function equalities(labels: Labels): LabelRequirement[] {
  return Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=', values: [value] }));
}

function operatorOf(name: string): LabelOperator {
  switch (name) {
    case 'In':
      return 'in';
    case 'NotIn':
      return 'notin';
    case 'Exists':
      return 'exists';
    case 'DoesNotExist':
      return '!';
    default:
      throw new ApiError('BadRequest', `${JSON.stringify(name)} is not a valid label selector operator`);
  }
}

function selectorFrom(unsorted: readonly LabelRequirement[]): CompiledSelector {
  if (unsorted.length === 0) return everything;
  const requirements = unsorted.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const tests = requirements.map(testOf);
  const [only] = tests;
  return {
    requirements,
    isEverything: false,
    isNothing: false,
    matches: tests.length === 1 && only ? only : (labels) => tests.every((test) => test(labels)),
    toString: () => requirements.map(textOf).join(','),
  };
}

type LabelTest = (labels: Labels) => boolean;

/** The value of an own label: a label named like a method of Object is not there unless it was set. */
function labelOf(labels: Labels, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function testOf({ key, operator, values }: LabelRequirement): LabelTest {
  const [first] = values;
  switch (operator) {
    case '=':
    case '==':
      return (labels) => labels !== undefined && Object.hasOwn(labels, key) && labels[key] === first;
    case '!=':
      return (labels) => labelOf(labels, key) !== first;
    case 'in':
    case 'notin': {
      const set = new Set(values);
      const isIn = (labels: Labels): boolean => {
        const value = labelOf(labels, key);
        return value !== undefined && set.has(value);
      };
      return operator === 'in' ? isIn : (labels) => !isIn(labels);
    }
    case 'exists':
      return (labels) => labels !== undefined && Object.hasOwn(labels, key);
    case '!':
      return (labels) => labels === undefined || !Object.hasOwn(labels, key);
    case 'gt':
    case 'lt':
      return comparison(key, operator, first ?? '');
  }
}

function comparison(key: string, operator: 'gt' | 'lt', bound: string): LabelTest {
  const limit = isInteger(bound) ? BigInt(bound.replace('+', '')) : undefined;
  return (labels) => {
    const value = labelOf(labels, key);
    if (limit === undefined || value === undefined || !isInteger(value)) return false;
    const number = BigInt(value.replace('+', ''));
    return operator === 'gt' ? number > limit : number < limit;
  };
}

function textOf({ key, operator, values }: LabelRequirement): string {
  const joined = values.toSorted().join(',');
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${joined})`;
    case 'gt':
      return `${key}>${joined}`;
    case 'lt':
      return `${key}<${joined}`;
    default:
      return `${key}${operator}${joined}`;
  }
}
