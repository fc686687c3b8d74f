import { defineConfig } from 'vite';

// The page has to work under a policy that allows nothing inline and nothing from elsewhere
// (src/control/door_request.cc), so nothing is put into the document as data.
export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  // npm run dev, beside a livefix that serves: PAGE_OF=http://127.0.0.1:4850 npm run dev
  server: {
    proxy: Object.fromEntries(
      ['/v1', '/login', '/logout'].map((path) => [path, process.env.PAGE_OF ?? 'http://127.0.0.1:4850']),
    ),
  },
});
