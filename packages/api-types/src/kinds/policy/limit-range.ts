import type { FieldError } from '../../errors.ts';
import type { LimitRange, LimitRangeItem } from '../../generated/types.ts';
import type { KindDefinition } from '../../kind.ts';
import { compareQuantities, quantityProblem } from '../../quantity.ts';
import { addProblems, duplicate, forbidden, invalidValue, required } from '../../validation/field-errors.ts';
import { FieldPath } from '../../validation/field-path.ts';
import { qualifiedNameProblems } from '../../validation/names.ts';
import { validateResourceQuantity } from '../../validation/resources.ts';
import { allVerbs, createdAtColumn, nameColumn, noErrors, storedAsSent } from '../define.ts';
import { canonicaliseQuantities } from '../resource-lists.ts';

const limitsPath = FieldPath.of('spec').child('limits');
const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

export const limitRangeKind: KindDefinition<LimitRange> = {
  ...storedAsSent,
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  categories: [],
  isNamespaced: true,
  verbs: allVerbs,
  setDefaults(limitRange) {
    limitRange.spec ??= { limits: [] };
    limitRange.spec.limits ??= [];
    limitRange.spec.limits.forEach(setItemDefaults);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const types = new Set<string>();
    for (const [index, item] of spec.limits.entries()) {
      const path = limitsPath.index(index);
      if (types.has(item.type)) errors.push(duplicate(path.child('type'), item.type));
      types.add(item.type);
      validateItem(item, path, errors);
    }
    return errors;
  },
  validateUpdate: noErrors,
  nameRule: 'subdomain',
  columns: [nameColumn, createdAtColumn],
};

/** A limit that is not given is the greatest one, a request the limit or else the least one. */
function setItemDefaults(item: LimitRangeItem): void {
  for (const list of lists) if (item[list]) canonicaliseQuantities(item[list]);
  if (item.type !== 'Container') return;
  const defaults = { ...item.max, ...item.default };
  const requests = { ...item.min, ...defaults, ...item.defaultRequest };
  if (Object.keys(defaults).length > 0) item.default = defaults;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

function validateItem(item: LimitRangeItem, path: FieldPath, errors: FieldError[]): void {
  if (item.type) addProblems(path.child('type'), item.type, qualifiedNameProblems(item.type), errors);
  else errors.push(required(path.child('type')));
  for (const list of lists) {
    for (const [name, quantity] of Object.entries(item[list] ?? {})) {
      validateResourceQuantity(name, quantity, path.child(list).key(name), errors);
    }
  }
  if (item.type === 'Pod') {
    for (const list of ['default', 'defaultRequest'] as const) {
      const text = "may not be specified when `type` is 'Pod'";
      if (Object.keys(item[list] ?? {}).length > 0) errors.push(forbidden(path.child(list), text));
    }
  }
  validateOrder(item, 'min', 'max', path, errors);
  validateOrder(item, 'defaultRequest', 'max', path, errors);
  validateOrder(item, 'default', 'max', path, errors);
  validateOrder(item, 'defaultRequest', 'default', path, errors);
}

type Bound = 'min' | 'max' | 'default' | 'defaultRequest';

function validateOrder(item: LimitRangeItem, low: Bound, high: Bound, path: FieldPath, errors: FieldError[]): void {
  for (const [name, lower] of Object.entries(item[low] ?? {})) {
    const upper = item[high]?.[name];
    if (upper === undefined || quantityProblem(lower) || quantityProblem(upper)) continue;
    if (compareQuantities(lower, upper) <= 0) continue;
    const text = `${low} value ${lower} is greater than ${high} value ${upper}`;
    errors.push(invalidValue(path.child(low).key(name), lower, text));
  }
}
