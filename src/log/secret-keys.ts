/** Keys with secret values, regardless of case and word separators. */
const SECRET_KEYS = new Set([
  'authorization',
  'proxyauthorization',
  'auth',
  'xregistryauth',
  'cookie',
  'setcookie',
  'password',
  'passwd',
  'token',
  'accesstoken',
  'refreshtoken',
  'identitytoken',
  'apikey',
  'xapikey',
  'xgitlabtoken',
  'xjfrogeventauth',
  'secretvalue',
  'privatekey',
]);

/** Whether the value under `key` must not be logged. */
export const isSecretKey = (key: string): boolean =>
  SECRET_KEYS.has(key.toLowerCase().replaceAll(/[^a-z]/g, ''));
