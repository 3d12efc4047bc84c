// Keeps the orders in a file on a volume, so that they outlive the pod: one order is durable before it is answered.
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { call, self, serve } from './lib.mjs';

const { DATA_DIR = '/data', CATALOG = 'http://catalog' } = process.env;
const path = `${DATA_DIR}/orders.log`;
let count = existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
const file = await open(path, 'a');
/** Orders are written one after another. */
let written = Promise.resolve();
console.log(`orders: ${count} orders found in ${path}`);

serve('orders', {
  'GET /orders': async () => ({ count, path: [self('orders')] }),
  'POST /orders': async (_url, body) => {
    const { product } = JSON.parse(body ?? '{}');
    const { products, path: asked } = await call('GET', `${CATALOG}/products`);
    const found = products.find(({ name }) => name === product);
    if (!found) throw new Error(`there is no product ${product}`);
    written = written.catch(() => undefined).then(() => append({ at: new Date().toISOString(), ...found }));
    await written;
    count += 1;
    return { order: count, ...found, path: [self('orders'), ...asked] };
  },
});

async function append(order) {
  await file.write(`${JSON.stringify(order)}\n`);
  await file.datasync();
}
