/**
 * A text as both databases can hold it: PostgreSQL refuses the character NUL and halves of surrogate pairs. Whatever
 * sends one wants nothing good of it.
 */
export const plainText = (text: string): string =>
  (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed();
