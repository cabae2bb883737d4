import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KEY_TEXTS } from '../../../scripts/reference/config-meanings.ts';
import { referencePages } from '../../../scripts/reference/pages.ts';
import { fieldsOf, type JsonSchema } from '../../../scripts/reference/schema-text.ts';
import { configSchema } from '../../../src/config/schema/config-schema.ts';
import { ROOT } from '../../support/project/read-docs.ts';

const made = await referencePages();

describe('the reference', () => {
  it.each(Object.keys(made))('%s is what `npm run docs` makes of the program', (path) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(made[path]);
  });

  it('has a meaning for every key of the configuration, and for no other', () => {
    const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
    const keys = fieldsOf(schema as JsonSchema).map(({ path }) => path);
    expect(Object.keys(KEY_TEXTS).toSorted()).toEqual(keys.toSorted());
    expect(Object.values(KEY_TEXTS).every(({ meaning }) => meaning !== '')).toBe(true);
  });

  it('tells who may ask for a route as the server does', () => {
    const api = made['docs/reference/api.md'] ?? '';
    expect(api).toContain('| `GET /api/v1/services` | viewer |');
    expect(api).toContain('| `POST /api/v1/freezes` | operator |');
    expect(api).toMatch(/\| `POST \/hooks\/\{secret\}` \| a hook secret \|/);
  });

  it('has every command, and none that is hidden', () => {
    const commands = made['docs/reference/commands.md'] ?? '';
    for (const name of ['status', 'hook send', 'completion', 'login']) {
      expect(commands).toContain(`### cd-helper ${name}\n`);
    }
    expect(commands).not.toContain('__');
  });
});
