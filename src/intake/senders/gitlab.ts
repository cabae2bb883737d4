import { ignore } from '../find-push.ts';
import { header } from '../header.ts';
import { ownField } from '../own-field.ts';
import type { Sender } from '../sender.ts';
import { proveToken } from '../signature.ts';
import { readEvents } from './distribution.ts';

const TOKEN = 'x-gitlab-token';

/**
 * GitLab. Its registry is distribution and sends the same notifications. The webhooks of a project
 * ({@link https://docs.gitlab.com/user/project/integrations/webhooks/ docs}) do not report images.
 */
export const gitlab: Sender = {
  name: 'gitlab',
  sign: 'the header X-Gitlab-Event or X-Gitlab-Token',
  proofHeaders: [TOKEN],
  recognise: (delivery) =>
    header(delivery, 'x-gitlab-event') !== null || header(delivery, TOKEN) !== null,
  verify: (delivery, secret) => proveToken(header(delivery, TOKEN), secret),
  takesAnyNumber: true,
  parse: (delivery, registry) =>
    ownField(delivery.body, 'events') === undefined
      ? {
          findings: [ignore('not-a-push', header(delivery, 'x-gitlab-event'))],
          deliveryId: header(delivery, 'x-gitlab-event-uuid'),
        }
      : readEvents(delivery.body, registry),
};
