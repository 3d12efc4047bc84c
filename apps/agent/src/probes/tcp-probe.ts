import { connect } from 'node:net';
import { dialMessage } from './dial-message.ts';
import type { ProbeResult } from './run-probe.ts';

export interface TcpProbe {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** A success where a connection can be opened. */
export function probeTcp(probe: TcpProbe): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: probe.host, port: probe.port });
    const finish = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(probe.timeoutMs, () => {
      finish({ type: 'failure', message: `dial tcp ${probe.host}:${probe.port}: i/o timeout` });
    });
    socket.once('connect', () => finish({ type: 'success' }));
    socket.once('error', (error) => finish({ type: 'failure', message: dialMessage(error, probe) }));
  });
}
