/**
 * Replaces `$(NAME)` by the variable's value; a name that is not known stays as written, and `$$(NAME)` becomes
 * `$(NAME)`. The rules of Kubernetes for env values, command and args.
 */
export function expandVariables(text: string, variables: ReadonlyMap<string, string>): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match: string, name: string | undefined) => {
    if (match === '$$') return '$';
    return variables.get(name ?? '') ?? match;
  });
}
