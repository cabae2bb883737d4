import { Problem } from '../problem/problem.ts';

const MARK = 'c1:';
const LONGEST = 1024;

/** Encodes the position in a list, so that clients do not construct it. */
export const printCursor = (position: string): string =>
  Buffer.from(MARK + position, 'utf8').toString('base64url');

/** Decodes the position in a cursor. Throws a 400 if the cursor is invalid. */
export const parseCursor = (cursor: string): string => {
  const text = cursor.length > LONGEST ? '' : Buffer.from(cursor, 'base64url').toString('utf8');
  if (!text.startsWith(MARK) || printCursor(text.slice(MARK.length)) !== cursor) {
    throw new Problem(400, 'invalid-request', 'the request is not as it should be', {
      errors: [{ path: 'cursor', detail: 'take the "next" of the list before, unchanged' }],
    });
  }
  return text.slice(MARK.length);
};
