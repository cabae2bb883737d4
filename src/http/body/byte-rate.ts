/** Whether so many bytes may come now; those that may are counted. */
export type ByteRate = (bytes: number) => boolean;

/** Lets `perSecond` bytes through a second, and as many at once after a quiet second. */
export const createByteRate = (perSecond: number, now: () => number): ByteRate => {
  let left = perSecond;
  let at = now();
  return (bytes) => {
    const seconds = Math.max(now() - at, 0) / 1000;
    at = now();
    left = Math.min(left + seconds * perSecond, perSecond);
    if (bytes > left) return false;
    left -= bytes;
    return true;
  };
};
