// The shop's page and its API: every answer says which pod of which service on which node had a part in it.
import { readFileSync } from 'node:fs';
import { call, self, serve } from './lib.mjs';

const { CATALOG = 'http://catalog', ORDERS = 'http://orders', LOAD = 'http://load' } = process.env;
const page = readFileSync(new URL('page.html', import.meta.url), 'utf8');
const me = self('web');

serve('web', {
  'GET /': async () => ({ html: page }),
  'GET /products': async () => through(await call('GET', `${CATALOG}/products`)),
  'GET /orders': async () => through(await call('GET', `${ORDERS}/orders`)),
  'POST /buy': async (_url, body) => {
    const product = body === undefined ? await anyProduct() : JSON.parse(body).product;
    return through(await call('POST', `${ORDERS}/orders`, { product }));
  },
  'GET /load': async (url) => through(await call('GET', `${LOAD}/rate${url.search}`)),
});

const through = (answer) => ({ ...answer, path: [me, ...answer.path] });

async function anyProduct() {
  const { products } = await call('GET', `${CATALOG}/products`);
  return products[Math.floor(Math.random() * products.length)].name;
}
