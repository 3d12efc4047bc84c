import { type Document, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** `spec.containers[0].resources.limits[cpu]` as steps: names and numbers. */
export function parseFieldPath(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)].map(([, name, key]) => {
    if (name !== undefined) return name;
    return /^\d+$/.test(key ?? '') ? Number(key) : (key ?? '').replaceAll('"', '');
  });
}

/**
 * Where the API's field path is in the text: its key or element, or the nearest thing above it that is there, since the
 * API also names fields that are missing. Undefined for an empty document.
 */
export function rangeOfField(document: Document.Parsed, path: string): { from: number; to: number } | undefined {
  let node: Node | null = document.contents;
  let found: Node | undefined = firstKey(node);
  for (const step of parseFieldPath(path)) {
    const next = stepInto(node, step);
    if (!next) break;
    found = next.place;
    node = next.value;
  }
  const [from, to] = found?.range ?? [];
  return from === undefined || to === undefined ? undefined : { from, to };
}

/** The field paths that an error's text names: those of strict decoding have no causes. */
export function fieldsInMessage(message: string): { readonly field: string; readonly message: string }[] {
  return [...message.matchAll(/(unknown|duplicate) field "([^"]+)"/g)].map(([text, , field = '']) => ({
    field,
    message: text,
  }));
}

function stepInto(node: Node | null, step: string | number): { place: Node; value: Node | null } | undefined {
  if (isMap(node)) {
    const pair = (node.items as Pair<Node, Node | null>[]).find(
      ({ key }) => isScalar(key) && String(key.value) === String(step),
    );
    return pair && { place: pair.key, value: pair.value };
  }
  const item = isSeq(node) && typeof step === 'number' ? (node.items[step] as Node | undefined) : undefined;
  return item && { place: firstKey(item) ?? item, value: item };
}

function firstKey(node: Node | null): Node | undefined {
  return isMap(node) ? (node.items[0]?.key as Node | undefined) : undefined;
}
