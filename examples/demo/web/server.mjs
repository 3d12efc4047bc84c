// The demo's page: says which pod and node answered. Plain Node, no dependencies.
import { createServer } from 'node:http';

const { POD_NAME = 'unknown', NODE_NAME = 'unknown', PORT = '8080', GREETING = 'Hello' } = process.env;
let answered = 0;

const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.end('ok\n');
    return;
  }
  answered += 1;
  console.log(JSON.stringify({ at: new Date().toISOString(), method: request.method, url: request.url, answered }));
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(
    `<!doctype html><title>Gantry demo</title><h1>${GREETING} from ${POD_NAME}</h1><p>on ${NODE_NAME}, answer number ${answered}</p>\n`,
  );
});
server.listen(Number(PORT), () => console.log(`web: listening on ${PORT} as ${POD_NAME} on ${NODE_NAME}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
