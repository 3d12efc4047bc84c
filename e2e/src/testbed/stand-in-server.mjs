// Stands in for any microservice: answers http, tcp and grpc health probes on every port in STAND_IN_PORTS. Plain Node.
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { connect, createServer } from 'node:net';

// grpc.health.v1.HealthCheckResponse{status: SERVING}, behind the 5-byte prefix of a gRPC message.
const serving = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

const http1 = createHttpServer((_request, response) => response.end(`${process.env.HOSTNAME ?? 'stand-in'}\n`));
const http2 = createHttp2Server();
http2.on('stream', (stream) => {
  stream.on('error', () => stream.destroy());
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(serving);
});

http1.listen(0, '127.0.0.1');
http2.listen(0, '127.0.0.1');

for (const port of (process.env.STAND_IN_PORTS ?? '8080').split(',')) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    // An HTTP/2 client speaks first, with a preface that no HTTP/1 request begins with.
    socket.once('data', (first) => {
      const server = first.subarray(0, 3).toString() === 'PRI' ? http2 : http1;
      const inner = connect(server.address().port, '127.0.0.1');
      inner.on('error', () => socket.destroy());
      inner.write(first);
      socket.pipe(inner).pipe(socket);
    });
  });
  // Another container of the pod, from the same image, may have the port already.
  server.on('error', (error) => console.log(`stand-in: ${error.message}`));
  server.listen(Number(port), () => console.log(`stand-in: listening on ${port}`));
}
process.on('SIGTERM', () => process.exit(0));
