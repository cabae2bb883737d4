const REDACTED = '[redacted]';

/** A shorter secret is part of too many innocent words; it is kept out by its type and its key alone. */
const SHORTEST_SCRUBBED = 4;

/** The forms in which a text turns up inside other texts: as it is, in an address, in JSON, in Base64. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret.toWellFormed()),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
];

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** Takes every one of `secrets` out of a text, in each form that it may have there. */
export const createScrub = (secrets: readonly string[]): ((text: string) => string) => {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST_SCRUBBED)
    .flatMap(formsOf)
    // The longest first, so that no part of a secret outlives a shorter one within it.
    .toSorted((a, b) => b.length - a.length);
  if (forms.length === 0) return (text) => text;
  const any = new RegExp([...new Set(forms)].map((form) => escaped(form)).join('|'), 'g');
  return (text) => text.replace(any, REDACTED);
};
