import { z } from 'zod';
import { closest } from '../source/closest.ts';
import { isMapping } from '../source/source.ts';

/**
 * One of several mappings, distinguished by their key `type`. A misspelt type is read as the nearest known one, so that
 * mistakes in the other keys are reported too.
 *
 * @param expected the names, for people
 */
export const byType = <T>(
  known: Readonly<Record<string, z.ZodType<T>>>,
  expected: string,
): z.ZodType<T> => {
  const schema = z.unknown().transform((value, context): T => {
    const type = isMapping(value) ? value['type'] : undefined;
    const nearest = typeof type === 'string' ? closest(type, Object.keys(known)) : null;
    const meant = nearest === null ? undefined : known[nearest];
    if (meant === undefined) {
      const path = isMapping(value) ? ['type'] : [];
      context.issues.push({ code: 'custom', message: expected, path, input: value });
      return z.NEVER;
    }
    const read = meant.safeParse(value);
    if (read.success) return read.data;
    context.issues.push(...read.error.issues.map((issue) => ({ ...issue, input: undefined })));
    return z.NEVER;
  });
  // A transform has no description of its own. It is computed on demand.
  return schema.meta({
    get anyOf() {
      return Object.values(known).map((one) =>
        z.toJSONSchema(one, { io: 'input', unrepresentable: 'any' }),
      );
    },
  });
};
