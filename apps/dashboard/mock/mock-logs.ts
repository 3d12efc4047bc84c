import { ApiError } from '@gantry/api-types';
import type { FeedPod } from '@gantry/api-types/feed';
import type { WebSocket } from 'ws';
import type { MockFleet } from './fleet.ts';

/** A line a second and container, of pods that run. */
const lineMs = 1_000;

const paths = ['/', '/cart', '/items/42', '/checkout', '/health'];

/** Why the container has no log, as the real API says it; undefined where it has one. */
export function logRefusal(pod: FeedPod | undefined, query: URLSearchParams): ApiError | undefined {
  if (!pod) return new ApiError('NotFound', 'pods not found');
  const container = pod.containers.find(({ name }) => name === query.get('container')) ?? pod.containers[0];
  const name = pod.key.split('/')[1];
  if (!container) return new ApiError('BadRequest', `pod ${name} has no containers`);
  if (query.has('previous') && !container.restarts) {
    return new ApiError('BadRequest', `previous terminated container "${container.name}" in pod "${name}" not found`);
  }
  if (container.state !== 'running' && container.state !== 'terminated') {
    return new ApiError(
      'BadRequest',
      `container "${container.name}" in pod "${name}" is waiting to start: ContainerCreating`,
    );
  }
  return undefined;
}

/** Writes what a make-believe container would: some lines of the past, then one a second while the pod lives. */
export function serveLog(fleet: MockFleet, socket: WebSocket, key: string, query: URLSearchParams): void {
  const from = Date.parse(query.get('sinceTime') ?? '') || fleet.now - Number(query.get('tailLines') ?? 20) * lineMs;
  let next = Math.ceil(from / lineMs) * lineMs;
  const write = (): void => {
    const pod = fleet.pods.get(key);
    if (!pod) return socket.close(1000);
    if (fleet.isSilent(pod.nodeName)) return;
    for (; next <= fleet.now; next += lineMs) socket.send(Buffer.from(`${lineAt(pod, next)}\n`));
    if (query.has('previous') || pod.phase === 'Succeeded') socket.close(1000);
  };
  write();
  const timer = setInterval(write, 100);
  socket.on('close', () => clearInterval(timer));
}

/** The same line for the same pod and moment, so that a page that resumes gets what it had. */
function lineAt(pod: FeedPod, at: number): string {
  const offset = [...pod.uid].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7);
  const time = new Date(at + offset).toISOString().replace('Z', `${String(offset).padStart(6, '0')}Z`);
  const second = Math.floor(at / lineMs) + offset;
  const path = paths[second % paths.length] ?? '/';
  if (second % 17 === 0) return `${time} \u001b[31merror\u001b[0m GET ${path} 500 upstream did not answer`;
  if (second % 7 === 0) return `${time} \u001b[33mwarn\u001b[0m  GET ${path} 200 slow: ${400 + (second % 90)} ms`;
  return `${time} \u001b[32minfo\u001b[0m  GET ${path} 200 ${3 + (second % 25)} ms`;
}
