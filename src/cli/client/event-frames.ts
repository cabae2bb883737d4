/** The needed parts of a server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export type EventFrame = { readonly id: string | null; readonly type: string };

/** Far longer than any event of the helper. */
const LONGEST_FRAME = 65_536;

/**
 * Splits a stream into events. `take` returns the events that another piece of text completes. It throws if an event
 * is longer than any that the helper sends.
 */
export const createEventFrames = (): { readonly take: (text: string) => readonly EventFrame[] } => {
  let rest = '';
  return {
    take: (text) => {
      const blocks = (rest + text).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      if (rest.length > LONGEST_FRAME) throw new Error('an event without an end');
      return blocks.flatMap((block) => {
        const fields = new Map(
          block.split(/\r?\n/).flatMap((line) => {
            const [, field = '', value = ''] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
            return field === '' ? [] : [[field, value] as const];
          }),
        );
        const type = fields.get('event');
        return type === undefined ? [] : [{ id: fields.get('id') ?? null, type }];
      });
    },
  };
};
