/** Names under which secrets travel, whatever the case and the way their words are joined. */
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

/** Whether what stands under `key` must not be written down. */
export const isSecretKey = (key: string): boolean =>
  SECRET_KEYS.has(key.toLowerCase().replaceAll(/[^a-z]/g, ''));
