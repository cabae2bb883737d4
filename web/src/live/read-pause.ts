/** Events come in groups: those within this time cause one read. */
const GATHER_MS = 200;
/** Reading one thing takes at most a third of the time, however busy the helper is. */
const REST_PER_READ = 2;
/** Changes without an event, such as an update by somebody else, appear after this. */
export const REFRESH_MS = 30_000;

/**
 * How long to wait before reading again after an event, in ms.
 *
 * @param took how long the last read took, in ms
 * @param since how long ago it ended, in ms
 */
export const readPause = (took: number, since: number): number =>
  Math.max(GATHER_MS, took * REST_PER_READ - since);
