import type { SwaggerTransformObject } from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { SESSION_COOKIE } from '../sign-in/cookie.ts';
import { completePaths, type Paths } from './complete-openapi.ts';

const schemaName = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

const referredTo = (part: unknown): readonly string[] =>
  [...JSON.stringify(part ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([all]) =>
    schemaName(all.slice(1, -1)),
  );

/** Every schema has an input and an output form. Only the used ones are kept. */
const transformObject: SwaggerTransformObject = (document) => {
  const transformed = jsonSchemaTransformObject(document);
  if (!('components' in transformed)) return transformed;
  const described = { ...transformed, paths: completePaths((transformed.paths ?? {}) as Paths) };
  const schemas: Readonly<Record<string, unknown>> = described.components?.schemas ?? {};
  const used = new Set(referredTo(described.paths));
  for (const name of used) {
    for (const next of referredTo(schemas[name])) used.add(next);
  }
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return {
    ...described,
    components: { ...described.components, schemas: kept },
  } as ReturnType<SwaggerTransformObject>;
};

/** Options of the description in `/openapi.json`, generated from the validating schemas. */
export const describeApi = (version: string) => ({
  openapi: {
    openapi: '3.1.0' as const,
    info: {
      title: 'doppler-cd-helper',
      version,
      description: 'Push-driven continuous deployment for Docker Swarm.',
    },
    components: {
      securitySchemes: {
        token: { type: 'http' as const, scheme: 'bearer' },
        session: { type: 'apiKey' as const, in: 'cookie', name: SESSION_COOKIE },
      },
    },
    security: [{ token: [] }, { session: [] }],
  },
  transform: jsonSchemaTransform,
  transformObject,
});
