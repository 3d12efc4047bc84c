import type { AnyKind, AnyObject } from './context.ts';
import type { IncludeObject } from './representation.ts';

/** `columnDefinitions` of a Table. */
export function columnDefinitions(kind: AnyKind): object[] {
  return kind.columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description,
    priority: column.priority ?? 0,
  }));
}

/** The JSON of one row. A column that fails on an odd object shows `<invalid>` rather than failing the list. */
export function tableRow(
  kind: AnyKind,
  item: { readonly object: AnyObject; readonly bytes: Buffer },
  options: { readonly includeObject: IncludeObject; readonly version: string },
  now: Date,
): string {
  const cells = kind.columns.map((column) => {
    try {
      return column.value(item.object, now);
    } catch {
      // The object was valid when written; what a column cannot print must not take the whole list away.
      return '<invalid>';
    }
  });
  return `{"cells":${JSON.stringify(cells)}${rowObject(item, options)}}`;
}

function rowObject(
  item: { readonly object: AnyObject; readonly bytes: Buffer },
  options: { readonly includeObject: IncludeObject; readonly version: string },
): string {
  switch (options.includeObject) {
    case 'None':
      return '';
    case 'Object':
      return `,"object":${item.bytes.toString('utf8')}`;
    case 'Metadata':
      return `,"object":{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/${options.version}","metadata":${JSON.stringify(item.object.metadata)}}`;
  }
}
