import { type Credentials, DOCKER_HUB_KEY } from './docker-config.ts';

/**
 * The value of `X-Registry-Auth` for the Docker Engine: base64url **with** padding, which the engine's decoder
 * requires.
 */
export const composeUpdateAuth = (host: string, credentials: Credentials): string => {
  const serveraddress = host === 'docker.io' ? DOCKER_HUB_KEY : host;
  const shown =
    credentials.kind === 'identity-token'
      ? { identitytoken: credentials.token.reveal(), serveraddress }
      : {
          username: credentials.username,
          password: credentials.password.reveal(),
          serveraddress,
        };
  const text = Buffer.from(JSON.stringify(shown)).toString('base64');
  return text.replaceAll('+', '-').replaceAll('/', '_');
};
