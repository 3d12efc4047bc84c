import { type KindReference, schemaOfKind, type ValueType } from '@gantry/api-types/schema';

/** What the schema says of a place in the document; undefined where it says nothing, so that lists are replaced. */
export type Shape = ValueType | undefined;

/** How a list is merged: by a key, as a set of scalars (`key` undefined), or not at all. */
export interface ListShape {
  readonly merges: boolean;
  readonly key: string | undefined;
  readonly element: Shape;
}

/** The shape of a whole object; undefined for a kind that is not served, whose lists are replaced. */
export function shapeOfKind(kind: KindReference): Shape {
  const struct = schemaOfKind(kind);
  return struct ? { form: 'struct', struct } : undefined;
}

/** The place that is reached by a field's name, or by a map's key. */
export function shapeOfMember(shape: Shape, key: string): Shape {
  if (shape?.form === 'map') return shape.element;
  return shape?.form === 'struct' ? shape.struct.fields.get(key)?.type : undefined;
}

/** How the list of this name is merged. */
export function listShape(shape: Shape, key: string): ListShape {
  const field = shape?.form === 'struct' ? shape.struct.fields.get(key) : undefined;
  if (field?.type.form !== 'list') return { merges: false, key: undefined, element: undefined };
  return { merges: field.patch.merges, key: field.patch.key, element: field.type.element };
}

/** Whether the struct of this name is replaced as a whole, as a selector is that would else be merged by its labels. */
export function isReplaced(shape: Shape, key: string): boolean {
  return shape?.form === 'struct' && shape.struct.fields.get(key)?.patch.replaces === true;
}
