import { tryStore } from './try-store.ts';

/** A separate program that `tryStoreApart` starts. It reports what the store is to its parent process. */
const [, , path = ''] = process.argv;
const trial = await tryStore(path);
process.send?.(trial, () => process.disconnect());
