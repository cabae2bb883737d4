import { defineConfig } from 'vite';
import { compressAndWeigh } from './compress-and-weigh.ts';

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that one build serves under any base path.
  base: './',
  // Never the form for development, whose every element names its source's path: tests build what is shipped.
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // What light-dark() needs, so that every colour is said once.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // The page's Content-Security-Policy takes nothing from within the document.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
  },
  plugins: [compressAndWeigh()],
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/openapi.json': 'http://127.0.0.1:8080' } },
});
