import { type Scope, tellScope } from '../../core/contract/scope.ts';
import { tellExpiry } from '../../core/token-expiry.ts';
import { messageOfErrno } from '../../config/source/errno.ts';
import { printProfile, profilePath } from '../../config/profile.ts';
import { createSecret } from '../../core/secret.ts';
import { createApiClient } from '../client/api-client.ts';
import { printable } from '../output/cell-text.ts';
import type { Context } from '../client/context.ts';
import { CliFailure, EXIT, wrongUse } from '../terminal/exit-status.ts';
import type { AddCommand } from './add-command.ts';
import { withHelp } from '../terminal/with-help.ts';

const SESSION = '/api/v1/session';
/** The helper's answer about a token. */
type Session = {
  readonly name: string;
  readonly role: string;
  readonly scope: Scope | null;
  readonly tokenExpiresAt: string | null;
  readonly version: string;
};

/** Addresses that no other machine can listen on. */
const LOCAL = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Never from the command line, which everybody on the machine can read. */
const askToken = async ({ deps }: Context): Promise<string> => {
  const { askSecret, readInput, signal } = deps;
  const given =
    askSecret === undefined ? await readInput?.(signal) : await askSecret('Token: ', signal);
  const token = (given ?? '').trim();
  if (token === '' || /[\s\p{Cc}]/u.test(token)) {
    throw wrongUse(
      token === '' ? 'no token was given' : 'a token has no spaces in it',
      'type it when asked, or pipe it in: cd-helper login --url https://HOST < token.txt',
    );
  }
  return token;
};

const pathOf = ({ deps }: Context): string => {
  const path = profilePath(deps.sources.env);
  if (path === null) {
    throw wrongUse('there is no home directory for a profile', 'set CD_HELPER_PROFILE to a file');
  }
  return path;
};

const shadowed = ({ deps }: Context): readonly string[] =>
  ['CD_HELPER_URL', 'CD_HELPER_API_TOKEN', 'CD_HELPER_URL_FILE', 'CD_HELPER_API_TOKEN_FILE'].filter(
    (name) => (deps.sources.env[name] ?? '') !== '',
  );

const addLogin: AddCommand = (program, act) => {
  const command = program
    .command('login')
    .description('save the address and token of a helper in a profile that only you can read');
  withHelp(command, {
    more: `Prompts for the token, or reads it from standard input, and tests it before saving. The file is
~/.config/cd-helper/profile.yaml, or the one that CD_HELPER_PROFILE names, with the mode 0600.`,
    json: '{"url", "file", "name", "role", "version"}',
    examples: [
      'cd-helper login --url https://cd.example.org/cd-helper',
      'cd-helper login --url https://cd.example.org < token.txt',
    ],
  }).action(
    act(async (context) => {
      const { deps, options } = context;
      if (options.token !== undefined) {
        throw wrongUse(
          'login does not accept --token, because others on this machine could read it',
          'leave it out and type the token when asked, or pipe it in',
        );
      }
      const path = pathOf(context);
      const url = context.address();
      const token = await askToken(context);
      const api = createApiClient({ url, token: createSecret(token), signal: deps.signal });
      const { name, role, version } = await api.get<Session>(SESSION);
      try {
        deps.writePrivateFile?.(path, printProfile({ url, token }));
      } catch (error) {
        throw new CliFailure(`${path} cannot be written: ${messageOfErrno(error)}`);
      }
      if (context.json) context.printJson({ url, file: path, name, role, version });
      else context.print(printable(`signed in to ${url} as ${name} (${role}); saved in ${path}`));
      const { protocol, hostname } = new URL(url);
      if (protocol === 'http:' && !LOCAL.test(hostname)) {
        context.note('the token is sent unencrypted; use https:// to protect it');
      }
      const others = shadowed(context);
      if (others.length > 0) context.note(`${others.join(', ')} is set and overrides the profile`);
      return EXIT.well;
    }),
  );
};

const addLogout: AddCommand = (program, act) => {
  const command = program.command('logout').description('remove the profile');
  withHelp(command, { json: '{"removed": file or null}', examples: ['cd-helper logout'] }).action(
    act(async (context) => {
      const path = pathOf(context);
      const isRemoved = context.deps.removeFile?.(path) ?? false;
      if (context.json) context.printJson({ removed: isRemoved ? path : null });
      else context.print(isRemoved ? `${path} is removed` : 'there was no profile');
      return EXIT.well;
    }),
  );
};

const addWhoami: AddCommand = (program, act) => {
  const command = program
    .command('whoami')
    .description('show the helper in use and who you are signed in as');
  withHelp(command, {
    json: '{"url", "name", "role", "scope", "expiresAt", "version"}',
    examples: ['cd-helper whoami'],
  }).action(
    act(async (context) => {
      const { url } = context.client();
      const session = await context.api().get<Session>(SESSION);
      const { name, role, version, scope, tokenExpiresAt } = session;
      if (context.json) {
        context.printJson({ url, name, role, scope, expiresAt: tokenExpiresAt, version });
        return EXIT.well;
      }
      context.print(printable(`${name} (${role}) at ${url}, version ${version}`));
      if (scope !== null) context.print(printable(`limited to ${tellScope(scope)}`));
      if (tokenExpiresAt !== null) {
        context.print(printable(`the token ${tellExpiry(tokenExpiresAt, context.deps.now())}`));
      }
      return EXIT.well;
    }),
  );
};

export const addProfile: AddCommand = (program, act) => {
  addLogin(program, act);
  addLogout(program, act);
  addWhoami(program, act);
};
