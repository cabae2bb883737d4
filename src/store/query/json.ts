/** JSON that this store wrote itself, so its shape is known. */
export const readJson = <T>(text: string): T => JSON.parse(text) as T;

export const readOptionalJson = <T>(text: string | null): T | null =>
  text === null ? null : readJson<T>(text);

/** RFC 3339 in UTC, the format of times outside the store. */
export const rfc3339 = (at: number): string => new Date(at).toISOString();

export const optionalRfc3339 = (at: number | null): string | null =>
  at === null ? null : rfc3339(at);
