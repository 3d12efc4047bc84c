import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** `npm run mock -w apps/dashboard` serves the feed that `vite` proxies to while developing. */
const mock = 'http://127.0.0.1:5174';

export default defineConfig(({ command }) => {
  // A test that starts a cluster says NODE_ENV=test, with which React is built for development: half as large again, and slow.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    plugins: [react()],
    build: { target: 'es2024', outDir: 'dist', emptyOutDir: true, reportCompressedSize: false, assetsInlineLimit: 0 },
    server: {
      host: '127.0.0.1',
      proxy: { '/feed': { target: mock, ws: true }, '/api': { target: mock }, '/k8s': { target: mock, ws: true } },
    },
  };
});
