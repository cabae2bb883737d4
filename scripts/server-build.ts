import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Every separate program, and what the image's health check imports. */
const ENTRIES = {
  main: join(SRC, 'main.ts'),
  'try-store-program': join(SRC, 'wiring/try-store-program.ts'),
  'load-config': join(SRC, 'config/load-config.ts'),
};

/** Loads a binary that is beside its own files, so it stays a package. */
const KEPT_APART = ['better-sqlite3'];

/**
 * Modules that libraries load but that our code never calls. Half of undici: its own fetch and what builds on it,
 * mocks, caches, and a second parser. No request with a body of text or bytes uses any of these. In pg: password files,
 * another implementation, and another platform. Also what other libraries use only if it happens to be installed.
 */
const UNUSED =
  /\/(?:undici\/lib\/(?:web|mock|cache|interceptor|milo)|pgpass\/lib|pg\/lib\/native|pg-cloudflare\/dist|node_modules\/supports-color)\//;
/** Can be constructed, because undici constructs some while it loads. Throws when it is used. */
const LEFT_OUT = 'module.exports = new Proxy({}, { get: () => class LeftOut {} });';

const leaveOutUnused = (): Plugin => ({
  name: 'leave-out-unused',
  load: { filter: { id: UNUSED }, handler: () => LEFT_OUT },
});

/**
 * V8 keeps a file in two bytes per character as soon as one character is not in Latin-1. Only strings, templates and
 * regular expressions have such characters here, and an escape means the same in them.
 */
const asciiOnly = (): Plugin => ({
  name: 'ascii-only',
  generateBundle: (_options, files) => {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      file.code = file.code.replaceAll(
        /[^\0-\x7f]/g,
        (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
});

/** The package of a file: `fastify`, `@fastify/swagger`. */
const packageOf = (path: string): string =>
  /^(?:@[^/]+\/)?[^/]+/.exec(path.split('node_modules/').at(-1) ?? '')?.[0] ?? 'other';

/**
 * One file per library. V8 needs memory to compile the largest file, up to 10 MB for a megabyte, and the C library does
 * not always give it back.
 */
const BY_LIBRARY = {
  test: /node_modules/,
  name: (path: string) => `lib-${packageOf(path).replaceAll(/[@/]/g, '_')}`,
  debugName: 'libraries',
};

/** Keep the names of functions, because stack traces show them. */
const NAMED = { keepNames: { function: true, class: true } };

/**
 * Builds the helper into a folder. Its sources and libraries become a few files, which start much faster and need less
 * memory than a thousand. Removes the output of an earlier build. Does not check types. Returns the packages that are
 * in those files.
 */
export const buildServer = async (folder: string): Promise<readonly string[]> => {
  for (const file of globSync('*.js', { cwd: folder })) rmSync(join(folder, file));
  const built = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    publicDir: false,
    plugins: [leaveOutUnused(), asciiOnly()],
    ssr: { noExternal: true, external: KEPT_APART },
    build: {
      ssr: true,
      target: 'node24',
      outDir: folder,
      // The dashboard is there too.
      emptyOutDir: false,
      // The output options below minify.
      minify: false,
      rolldownOptions: {
        input: ENTRIES,
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: '[name].js',
          comments: false,
          codeSplitting: { groups: [BY_LIBRARY] },
          minify: { compress: NAMED, mangle: NAMED, codegen: true },
        },
      },
    },
  });
  const outputs = [built].flat().flatMap((one) => ('output' in one ? one.output : []));
  const modules = outputs.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  const libraries = modules
    .filter((path) => path.includes('node_modules/') && !UNUSED.test(path))
    .map(packageOf);
  return [...new Set(libraries)].toSorted();
};
