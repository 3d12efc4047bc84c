import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { listeningPorts, lookAtHostPorts } from './host-ports-in-use.ts';

it.each(['0.0.0.0', '127.0.0.1'])(
  'a port is in use where a process listens on %s, unless that is the loopback',
  async (host) => {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(lookAtHostPorts()('tcp', port)).toBe(host === '0.0.0.0');
    expect(lookAtHostPorts()('udp', port)).toBe(false);
    expect(lookAtHostPorts()('sctp', port)).toBe(false);
    server.close();
  },
);

it('only sockets that listen count, by IPv4 and IPv6', () => {
  const table = `
  sl  local_address rem_address   st tx_queue rx_queue
   0: 00000000:0050 00000000:0000 0A 00000000:00000000
   1: 0100007F:0051 00000000:0000 0A 00000000:00000000
   2: 0202A8C0:0052 0302A8C0:E000 01 00000000:00000000
   3: 00000000000000000000000000000000:0053 00000000000000000000000000000000:0000 0A 00000000:00000000
   4: 00000000000000000000000001000000:0054 00000000000000000000000000000000:0000 0A 00000000:00000000
   5: 0000000000000000FFFF00000100007F:0055 00000000000000000000000000000000:0000 0A 00000000:00000000`;
  expect(listeningPorts(table, '0A')).toEqual([0x50, 0x53]);
});
