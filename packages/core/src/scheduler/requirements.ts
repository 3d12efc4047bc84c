import type { NodeSelector, NodeSelectorTerm } from '@gantry/api-types';

/** One condition on a node's labels (or fields). */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** Whether the labels meet every requirement. `NotIn` and `DoesNotExist` hold for an absent key. */
export function matchesAll(requirements: readonly Requirement[], labels: Labels): boolean {
  for (const requirement of requirements) {
    const { key } = requirement;
    if (!matches(requirement, Object.hasOwn(labels, key) ? labels[key] : undefined)) return false;
  }
  return true;
}

function matches(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && requirement.values.includes(value);
    case 'NotIn':
      return value === undefined || !requirement.values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt':
      return compares(requirement, value);
  }
}

/** Kubernetes compares whole decimal numbers only; anything else does not match. */
function compares(requirement: Requirement, value: string | undefined): boolean {
  const bound = requirement.values[0];
  if (value === undefined || bound === undefined) return false;
  if (!/^[+-]?\d+$/.test(value) || !/^[+-]?\d+$/.test(bound)) return false;
  return requirement.operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

/** One alternative of a node selector. A term without any condition matches no node. */
export interface NodeTerm {
  readonly labels: readonly Requirement[];
  readonly fields: readonly Requirement[];
}

/** The alternatives of a node selector, or undefined where there is none. */
export function parseNodeSelector(selector: NodeSelector | undefined): readonly NodeTerm[] | undefined {
  return selector?.nodeSelectorTerms.map(parseNodeTerm);
}

/** Parses one alternative of a node selector. */
export function parseNodeTerm(term: NodeSelectorTerm): NodeTerm {
  return { labels: parseExpressions(term.matchExpressions), fields: parseExpressions(term.matchFields) };
}

/** Whether a node of this name with these labels meets the term; `metadata.name` is the one field Kubernetes knows. */
export function matchesTerm(term: NodeTerm, nodeName: string, labels: Labels): boolean {
  if (term.labels.length === 0 && term.fields.length === 0) return false;
  return matchesAll(term.labels, labels) && matchesAll(term.fields, { 'metadata.name': nodeName });
}

function parseExpressions(
  expressions: readonly { key: string; operator: string; values?: string[] }[] | undefined,
): readonly Requirement[] {
  return (expressions ?? []).map(({ key, operator, values }) => {
    if (!isOperator(operator)) throw new Error(`"${operator}" is not a valid selector operator`);
    return { key, operator, values: values ?? [] };
  });
}

function isOperator(text: string): text is Requirement['operator'] {
  return ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'].includes(text);
}
