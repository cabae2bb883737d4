import { join } from 'node:path';

/**
 * Environment for programs that tests start. Node caches the compiled code of each file by its content, so the next
 * process needs half the processor time to start.
 */
export const COMPILED_CODE = {
  NODE_COMPILE_CACHE: join(import.meta.dirname, '../../../.cache/compiled'),
};
