/** Events come in handfuls: what is heard within this time is read once. */
const GATHER_MS = 200;
/** No more than a third of the time goes into reading one thing, however busy the helper is. */
const REST_PER_READ = 2;
/** What changes without any event, such as a service that somebody else updates, is seen after this. */
export const REFRESH_MS = 30_000;

/**
 * How long to wait before reading again after something was heard, in ms.
 *
 * @param took how long the last read took
 * @param since how long ago it ended
 */
export const readPause = (took: number, since: number): number =>
  Math.max(GATHER_MS, took * REST_PER_READ - since);
