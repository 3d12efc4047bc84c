// A pod behind an Ingress: says who it is and what it was asked, counts the bytes of a body, echoes after an upgrade.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const server = createServer(async (request, response) => {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  const { host, 'x-forwarded-proto': proto } = request.headers;
  response.end(JSON.stringify({ pod: hostname(), service: process.env.SERVICE, url: request.url, host, proto, bytes }));
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});
server.listen(8080);
process.on('SIGTERM', () => process.exit(0));
