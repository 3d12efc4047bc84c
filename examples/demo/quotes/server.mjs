// A small JSON service: one line about containers a request. Plain Node, no dependencies.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const { POD_NAME = 'unknown', PORT = '8080', QUOTES_FILE = '/etc/quotes/quotes.txt' } = process.env;
const quotes = readFileSync(QUOTES_FILE, 'utf8').trim().split('\n');
let next = 0;

const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.end('ok\n');
    return;
  }
  const quote = quotes[next % quotes.length];
  next += 1;
  console.log(JSON.stringify({ at: new Date().toISOString(), url: request.url, quote }));
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ quote, pod: POD_NAME })}\n`);
});
server.listen(Number(PORT), () => console.log(`quotes: ${quotes.length} lines, listening on ${PORT} as ${POD_NAME}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
