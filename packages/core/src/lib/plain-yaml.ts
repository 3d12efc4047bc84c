/** YAML of plain JSON data, to be read by people: objects and lists over several lines, texts quoted where needed. */
export function plainYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value)) return value.map((item) => `${indent}- ${itemText(item, indent)}`).join('\n');
  if (typeof value !== 'object' || value === null) return `${indent}${scalar(value)}`;
  return Object.entries(value)
    .map(([key, entry]) => {
      if (isNested(entry)) return `${indent}${scalar(key)}:\n${plainYaml(entry, `${indent}  `)}`;
      return `${indent}${scalar(key)}: ${scalar(entry)}`;
    })
    .join('\n');
}

function itemText(item: unknown, indent: string): string {
  return isNested(item) ? plainYaml(item, `${indent}  `).trimStart() : scalar(item);
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** What may stand without quotes: no indicator in front, nothing that reads as another type. */
const isPlain = /^(?!(?:true|false|null|yes|no|on|off|~)$)[A-Za-z_/][\w./-]*$/i;

function scalar(value: unknown): string {
  return typeof value === 'string' && isPlain.test(value) ? value : JSON.stringify(value);
}
