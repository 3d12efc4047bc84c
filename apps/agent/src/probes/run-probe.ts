import type { ContainerPort, Probe } from '@gantry/api-types';
import { type ContainerRuntime, isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { probeHttp } from './http-probe.ts';
import { probeTcp } from './tcp-probe.ts';

/** `unknown` where the probe itself could not be run: it counts neither way. */
export type ProbeResult =
  | { readonly type: 'success' }
  | { readonly type: 'failure'; readonly message: string }
  | { readonly type: 'unknown' };

export interface ProbeSubject {
  readonly probe: Probe;
  readonly ip: string;
  readonly ports: readonly ContainerPort[];
  readonly containerId: string;
}

/** Runs one probe once. Never rejects. */
export async function runProbe(subject: ProbeSubject, runtime: ContainerRuntime): Promise<ProbeResult> {
  const { probe, ip } = subject;
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  try {
    if (probe.httpGet) {
      const { port, host, path = '/', scheme = 'HTTP', httpHeaders = [] } = probe.httpGet;
      const number = resolvePort(port, subject.ports);
      return await probeHttp({ host: host || ip, port: number, path, scheme, headers: httpHeaders, timeoutMs });
    }
    if (probe.tcpSocket) {
      const port = resolvePort(probe.tcpSocket.port, subject.ports);
      return await probeTcp({ host: probe.tcpSocket.host || ip, port, timeoutMs });
    }
    if (probe.grpc) {
      // Loaded when the first pod needs it: the library is a third of an agent's memory.
      const { probeGrpc } = await import('./grpc-probe.ts');
      return await probeGrpc({ host: ip, port: probe.grpc.port, service: probe.grpc.service ?? '', timeoutMs });
    }
    return await probeExec(subject, probe.exec?.command ?? [], timeoutMs, runtime);
  } catch (error) {
    return { type: 'failure', message: messageOf(error) };
  }
}

async function probeExec(
  subject: ProbeSubject,
  command: readonly string[],
  timeoutMs: number,
  runtime: ContainerRuntime,
): Promise<ProbeResult> {
  try {
    const { exitCode, output } = await runtime.exec(subject.containerId, command, timeoutMs);
    return exitCode === 0 ? { type: 'success' } : { type: 'failure', message: output.trim() };
  } catch (error) {
    if (isRuntimeError(error, 'timeout')) {
      const seconds = timeoutMs / 1000;
      return { type: 'failure', message: `command timed out: "${command.join(' ')}" timed out after ${seconds}s` };
    }
    // The container is gone or the engine is away: that says nothing about the program inside.
    if (isRuntimeError(error, 'unreachable', 'notFound', 'conflict')) return { type: 'unknown' };
    throw error;
  }
}

/** The number of a port given by number or by a container port's name. */
export function resolvePort(port: number | string, ports: readonly ContainerPort[]): number {
  if (typeof port === 'number') return port;
  const named = ports.find(({ name }) => name === port);
  const number = named?.containerPort ?? Number(port);
  if (!Number.isInteger(number) || number < 1) throw new Error(`couldn't find port by name: ${port}`);
  return number;
}
