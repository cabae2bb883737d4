import { tryStore } from './try-store.ts';

/** A program of its own, run by `tryStoreApart`: it tells whoever started it what the store is. */
const [, , path = ''] = process.argv;
const trial = await tryStore(path);
process.send?.(trial, () => process.disconnect());
