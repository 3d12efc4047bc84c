/** Why the controller did not start, in one line; what an operator can put right is said in their terms. */
export function explainStartFailure(error: unknown): string {
  const failure = 'the controller could not start';
  if (!(error instanceof Error) || !('code' in error)) return failure;
  const { address, port } = error as { address?: string; port?: number };
  switch (error.code) {
    case 'EADDRINUSE':
      return `${failure}, port ${port} on ${address} is in use: choose another with --port or --dashboard-port`;
    case 'EADDRNOTAVAIL':
      return `${failure}, ${address} is not an address of this host: choose another with --address`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `${failure}, no space is left for its --data-dir`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${failure}, a port or its --data-dir may not be used`;
    default:
      return failure;
  }
}
