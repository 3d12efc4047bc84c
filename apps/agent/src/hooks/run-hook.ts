import type { ContainerPort, LifecycleHandler } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import { probeHttp } from '../probes/http-probe.ts';
import { resolvePort } from '../probes/run-probe.ts';
import { type ContainerRuntime, isRuntimeError, messageOf } from '../runtime/container-runtime.ts';

export interface HookSubject {
  readonly handler: LifecycleHandler;
  /** The pod's address. */
  readonly ip: string;
  readonly ports: readonly ContainerPort[];
  readonly containerId: string;
  readonly timeoutMs: number;
  /** Ends the wait at once: nobody is interested any more. */
  readonly signal: AbortSignal;
}

/** `cancelled` where the wait was ended from outside, or the engine is away: that says nothing about the hook. */
export type HookResult =
  | { readonly type: 'success' }
  | { readonly type: 'failure'; readonly message: string }
  | { readonly type: 'cancelled' };

const success: HookResult = { type: 'success' };

/** Runs a lifecycle hook once. Never rejects. As in Kubernetes, `tcpSocket` fails. */
export async function runHook(
  subject: HookSubject,
  { runtime, clock }: { readonly runtime: ContainerRuntime; readonly clock: Clock },
): Promise<HookResult> {
  if (subject.signal.aborted) return { type: 'cancelled' };
  const cancelled = Promise.withResolvers<HookResult>();
  const onAbort = () => cancelled.resolve({ type: 'cancelled' });
  subject.signal.addEventListener('abort', onAbort, { once: true });
  const cancelTimer = clock.setTimer(
    () => cancelled.resolve({ type: 'failure', message: `timed out after ${subject.timeoutMs / 1000}s` }),
    subject.timeoutMs,
  );
  try {
    return await Promise.race([runHandler(subject, runtime, clock), cancelled.promise]);
  } catch (error) {
    if (isRuntimeError(error, 'unreachable', 'notFound', 'conflict')) return { type: 'cancelled' };
    return { type: 'failure', message: messageOf(error) };
  } finally {
    cancelTimer();
    subject.signal.removeEventListener('abort', onAbort);
  }
}

async function runHandler(subject: HookSubject, runtime: ContainerRuntime, clock: Clock): Promise<HookResult> {
  const { handler, ip, ports, containerId, timeoutMs, signal } = subject;
  if (handler.exec) {
    const { exitCode } = await runtime.exec(containerId, handler.exec.command ?? [], timeoutMs);
    // Not its output: that may hold secrets, and events are read by many.
    return exitCode === 0 ? success : { type: 'failure', message: `the command exited with code ${exitCode}` };
  }
  if (handler.httpGet) {
    const { port, host, path = '/', scheme = 'HTTP', httpHeaders = [] } = handler.httpGet;
    const number = resolvePort(port, ports);
    const result = await probeHttp({ host: host || ip, port: number, path, scheme, headers: httpHeaders, timeoutMs });
    return result.type === 'failure' ? result : success;
  }
  if (handler.sleep) {
    await sleep(handler.sleep.seconds * 1000, clock, signal);
    return success;
  }
  const message = 'invalid handler: of lifecycle hooks exec, httpGet and sleep are carried out, tcpSocket is not';
  return handler.tcpSocket ? { type: 'failure', message } : success;
}

function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.setTimer(resolve, ms);
    signal.addEventListener('abort', cancel, { once: true });
  });
}
