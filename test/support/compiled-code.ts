import { join } from 'node:path';

/**
 * For the environment of programs that tests start: Node keeps what it compiles of each file, by its content, so that the
 * next process starts in half of the processor time.
 */
export const COMPILED_CODE = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../.cache/compiled'),
};
