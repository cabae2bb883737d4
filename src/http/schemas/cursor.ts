import { Problem } from '../problem/problem.ts';

const MARK = 'c1:';
const LONGEST = 1024;

/** Makes the place where a list goes on opaque, so that nobody builds one. */
export const printCursor = (position: string): string =>
  Buffer.from(MARK + position, 'utf8').toString('base64url');

/** The place that a cursor stands for. Throws a 400 where it is none of ours. */
export const parseCursor = (cursor: string): string => {
  const text = cursor.length > LONGEST ? '' : Buffer.from(cursor, 'base64url').toString('utf8');
  if (!text.startsWith(MARK) || printCursor(text.slice(MARK.length)) !== cursor) {
    throw new Problem(400, 'invalid-request', 'the request is not as it should be', {
      errors: [{ path: 'cursor', detail: 'take the "next" of the list before, unchanged' }],
    });
  }
  return text.slice(MARK.length);
};
