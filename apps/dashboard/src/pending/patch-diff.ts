/** One field that a patch changes. */
export interface FieldChange {
  /** Where it is, elements of lists by their names: `spec.template.spec.containers[app].resources.requests`. */
  readonly at: string;
  /** As YAML has it: `cpu: 2`, or an element of a list. Absent where there was none. */
  readonly before?: string;
  /** Absent where it goes. */
  readonly after?: string;
}

type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/**
 * What a strategic merge patch changes in an object, old beside new: lists of named things are merged by name, any other
 * list is replaced. Fields that already are as the patch wants them are left out. Pure.
 */
export function patchDiff(object: unknown, patch: unknown): FieldChange[] {
  return diffFields((isObject(object as Json) ? object : {}) as JsonObject, patch as JsonObject, '');
}

function diffFields(object: JsonObject, patch: JsonObject, at: string): FieldChange[] {
  return Object.entries(patch).flatMap(([key, wanted]) => {
    const present = object[key];
    const path = at ? `${at}.${key}` : key;
    if (isObject(wanted)) return diffFields(isObject(present) ? present : {}, wanted, path);
    if (isList(wanted)) return diffList(isList(present) ? present : [], wanted, path);
    const before = present === undefined || present === null ? undefined : `${key}: ${inline(present)}`;
    const after = wanted === undefined || wanted === null ? undefined : `${key}: ${inline(wanted)}`;
    return before === after ? [] : [changeOf(at, before, after)];
  });
}

function diffList(present: readonly Json[], wanted: readonly Json[], at: string): FieldChange[] {
  if (wanted.length > 0 && wanted.every((element) => nameOf(element) !== undefined)) {
    return wanted.flatMap((element) => {
      const name = nameOf(element);
      const same = present.find((one) => nameOf(one) === name);
      return diffFields(isObject(same) ? same : {}, element as JsonObject, `${at}[${name}]`);
    });
  }
  const [old, now] = [present.map(inline), wanted.map(inline)];
  return [
    ...old.filter((text) => !now.includes(text)).map((text) => changeOf(at, text, undefined)),
    ...now.filter((text) => !old.includes(text)).map((text) => changeOf(at, undefined, text)),
  ];
}

function changeOf(at: string, before: string | undefined, after: string | undefined): FieldChange {
  return { at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** On one line, as YAML's flow style has it. */
function inline(value: Json): string {
  if (isList(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isObject(value)) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([key, field]) => `${key}: ${inline(field)}`).join(', ')}}`;
}

function nameOf(element: Json): string | undefined {
  return isObject(element) && typeof element.name === 'string' ? element.name : undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
