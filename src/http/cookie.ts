export const SESSION_COOKIE = 'cd-helper-session';
const FORM = /^[\w-]{43}$/;

/** The session's id that a request shows, or null where it shows none, or something that is none. */
export const readSessionCookie = (header: string | undefined): string | null => {
  if (header === undefined) return null;
  for (const pair of header.split(';')) {
    const [name, value = ''] = pair.split('=', 2);
    if (name?.trim() === SESSION_COOKIE && FORM.test(value.trim())) return value.trim();
  }
  return null;
};

/**
 * `Set-Cookie` for a session: no script reads it, no other site's request carries it, and where it came
 * over TLS it never leaves without. `seconds` 0 takes it away.
 */
export const printSessionCookie = (
  id: string,
  options: { readonly basePath: string; readonly isSecure: boolean; readonly seconds: number },
): string => {
  const { basePath, isSecure, seconds } = options;
  const parts = [`${SESSION_COOKIE}=${id}`, `Path=${basePath}/`, `Max-Age=${seconds}`, 'HttpOnly'];
  return [...parts, 'SameSite=Strict', ...(isSecure ? ['Secure'] : [])].join('; ');
};
