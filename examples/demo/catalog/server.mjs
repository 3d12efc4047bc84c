// What the shop sells, from a ConfigMap: `name price` a line. An edited ConfigMap is sold from a moment later.
import { readFile } from 'node:fs/promises';
import { self, serve } from './lib.mjs';

const { PRODUCTS_FILE = '/etc/shop/products.txt' } = process.env;

serve('catalog', {
  'GET /products': async () => {
    const lines = (await readFile(PRODUCTS_FILE, 'utf8')).trim().split('\n');
    const products = lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return { name: line.slice(0, space), price: Number(line.slice(space + 1)) };
    });
    return { products, path: [self('catalog')] };
  },
});
