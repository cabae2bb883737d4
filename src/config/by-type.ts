import { z } from 'zod';
import { closest } from './closest.ts';
import { isMapping } from './source.ts';

/**
 * One of several mappings, told apart by their key `type`. A misspelt one is read as what it is nearest
 * to, so that the mistakes in the other keys are told with it.
 *
 * @param expected the names, for people
 */
export const byType = <T>(
  known: Readonly<Record<string, z.ZodType<T>>>,
  expected: string,
): z.ZodType<T> =>
  z.unknown().transform((value, context): T => {
    const type = isMapping(value) ? value['type'] : undefined;
    const nearest = typeof type === 'string' ? closest(type, Object.keys(known)) : null;
    const schema = nearest === null ? undefined : known[nearest];
    if (schema === undefined) {
      const path = isMapping(value) ? ['type'] : [];
      context.issues.push({ code: 'custom', message: expected, path, input: value });
      return z.NEVER;
    }
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: undefined })));
    return z.NEVER;
  });
