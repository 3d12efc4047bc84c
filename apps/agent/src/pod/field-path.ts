/** `spec.containers[0].lifecycle`: a path into an object as Kubernetes' errors write it. */
export function formatFieldPath(path: readonly (string | number)[]): string {
  return path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
}
