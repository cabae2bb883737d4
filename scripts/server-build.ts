import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

/** Every program of its own, and what the image's health check imports. */
const ENTRIES = {
  main: join(SRC, 'main.ts'),
  'try-store-program': join(SRC, 'wiring/try-store-program.ts'),
  'load-config': join(SRC, 'config/load-config.ts'),
};

/** Loads a binary that stands beside its own files, so it stays a package of its own. */
const KEPT_APART = ['better-sqlite3'];

/**
 * What libraries load and nothing of ours calls. Half of undici: its own fetch and what stands on it, answers for tests,
 * caches, and a second parser; no request whose body is text or bytes comes to any of it. Of pg: files of passwords,
 * another implementation, and another platform. And what another library uses only if it happens to be installed.
 */
const UNUSED =
  /\/(?:undici\/lib\/(?:web|mock|cache|interceptor|milo)|pgpass\/lib|pg\/lib\/native|pg-cloudflare\/dist|node_modules\/supports-color)\//;
/** Can be made, as undici makes some while it loads, and throws when it is called. */
const LEFT_OUT = 'module.exports = new Proxy({}, { get: () => class LeftOut {} });';

const leaveOutUnused = (): Plugin => ({
  name: 'leave-out-unused',
  load: { filter: { id: UNUSED }, handler: () => LEFT_OUT },
});

/**
 * V8 keeps the text of a file with two bytes a character as soon as one of them is not in Latin-1. Only strings, templates
 * and regular expressions have such characters here, and there an escape means the same.
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

/** `fastify`, `@fastify/swagger`: the package that a file is of. */
const packageOf = (path: string): string =>
  /^(?:@[^/]+\/)?[^/]+/.exec(path.split('node_modules/').at(-1) ?? '')?.[0] ?? 'other';

/**
 * Each library is a file: V8 needs memory to compile the largest one, up to 10 MB for one of a megabyte, and the C library
 * does not always give it back.
 */
const BY_LIBRARY = {
  test: /node_modules/,
  name: (path: string) => `lib-${packageOf(path).replaceAll(/[@/]/g, '_')}`,
  debugName: 'libraries',
};

/** The names of functions stand in the trace of an error, so they stay. */
const NAMED = { keepNames: { function: true, class: true } };

/**
 * Builds the helper into a folder: its sources and its libraries become a few files, which start in a fraction of the time
 * and need less memory than a thousand. Takes away what an earlier build put there. Types are not checked. Returns the
 * packages that it put into those files.
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
      // The dashboard stands there too.
      emptyOutDir: false,
      // As the output below says.
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
