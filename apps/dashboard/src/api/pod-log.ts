import { type ApiTarget, apiUrl } from './paths.ts';
import { ApiRefusal, readRefusal, unreachable } from './refusal.ts';

export interface LogQuery {
  readonly container: string;
  /** The last run before the present one; it is over, so that there is nothing to follow. */
  readonly isPrevious?: boolean;
  /** The newest lines to begin with. */
  readonly tailLines?: number;
  /** RFC 3339: lines since then; the API takes whole seconds, so that some may come twice. */
  readonly sinceTime?: string;
}

export interface LogHandlers {
  /** The log is being followed, though nothing may have been written yet. */
  onOpen(): void;
  /** Pieces of the log as they come, each line with its time before it; a piece may end within a line. */
  onText(text: string): void;
  /** The log is over: the run has ended. Nothing comes after. */
  onEnd(): void;
  /** The log cannot be had, or no longer: why. Nothing comes after. */
  onFailure(refusal: ApiRefusal): void;
}

/**
 * Follows a container's log, with times, until it ends or is stopped. Over a WebSocket: a browser allows six HTTP
 * connections to a host and would have none left for anything else.
 */
export function followLog(pod: ApiTarget, query: LogQuery, handlers: LogHandlers): { stop(): void } {
  const { container, isPrevious, ...range } = query;
  const target = { ...pod, subresource: 'log' };
  const parameters = { container, timestamps: true, ...(isPrevious ? { previous: true } : { follow: true }), ...range };
  const socket = new WebSocket(webSocketUrl(apiUrl(target, parameters)), 'binary.k8s.io');
  socket.binaryType = 'arraybuffer';
  const decoder = new TextDecoder();
  let isOpen = false;
  let isStopped = false;
  socket.onopen = () => {
    isOpen = true;
    handlers.onOpen();
  };
  socket.onmessage = ({ data }) => handlers.onText(decoder.decode(data as ArrayBuffer, { stream: true }));
  socket.onclose = ({ code }) => {
    if (isStopped) return;
    if (isOpen && code === 1000) return handlers.onEnd();
    if (isOpen) return handlers.onFailure(unreachable());
    void explainRefusal(apiUrl(target, { container, tailLines: 0, ...(isPrevious ? { previous: true } : {}) })).then(
      (refusal) => isStopped || handlers.onFailure(refusal),
    );
  };
  return {
    stop() {
      isStopped = true;
      socket.close();
    },
  };
}

/** A browser does not say why a WebSocket was refused: a plain request to the same place does. */
export async function explainRefusal(url: string): Promise<ApiRefusal> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer) return unreachable();
  if (!answer.ok) return readRefusal(answer);
  await answer.body?.cancel();
  return new ApiRefusal(0, 'Unreachable', 'the connection was lost while it was made');
}

/** The same address for a WebSocket. */
export function webSocketUrl(path: string): string {
  return location.origin.replace(/^http/, 'ws') + path;
}
