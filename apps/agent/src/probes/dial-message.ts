import { messageOf } from '../runtime/container-runtime.ts';

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** A connection error in the words Kubernetes' users know: `dial tcp 10.0.0.1:80: connect: connection refused`. */
export function dialMessage(error: unknown, to: { readonly host: string; readonly port: number }): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const text = texts[code];
  if (text !== undefined) return `dial tcp ${to.host}:${to.port}: ${text}`;
  return code === 'ECONNRESET' ? 'EOF' : messageOf(error);
}
