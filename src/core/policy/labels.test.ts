import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeService } from '../../../test/support/work/make-service.ts';
import { exclusionOf, mayRevert, ownTimeout, type Selection, unsupportedLabel } from './labels.ts';
import type { Service } from '../swarm/service.ts';
import type { Exclusion } from '../verdict/verdict.ts';

const labelled = (labels: Record<string, string>, change: Partial<Service> = {}): Service =>
  makeService({ labels, ...change });

describe('exclusionOf', () => {
  const on = { 'cd-helper.enabled': 'true' };
  const off = { 'cd-helper.enabled': 'false' };
  const jobs = { 'cd-helper.jobs': 'true' };
  it.each<[Selection, Record<string, string>, Partial<Service>, Exclusion | null]>([
    ['all', {}, {}, null],
    ['all', on, {}, null],
    ['all', off, {}, 'label'],
    ['all', off, { autoredeploy: true }, 'label'],
    ['labelled', {}, {}, 'not-labelled'],
    ['labelled', on, {}, null],
    ['labelled', off, {}, 'label'],
    ['labelled', {}, { autoredeploy: true }, null],
    ['labelled', { 'cd-helper.enabled': 'yes' }, {}, null],
    ['labelled', {}, { containerLabels: on }, null],
    ['labelled', {}, { containerLabels: off }, 'not-labelled'],
    ['labelled', off, { containerLabels: on }, 'label'],
    ['labelled', {}, { containerLabels: jobs }, 'not-labelled'],
    ['all', {}, { mode: 'global-job', containerLabels: jobs }, 'job'],
    ['all', {}, { mode: 'global' }, null],
    ['all', {}, { mode: 'replicated-job' }, 'job'],
    ['all', {}, { mode: 'global-job' }, 'job'],
    ['all', jobs, { mode: 'replicated-job' }, null],
    ['all', jobs, { mode: 'global-job' }, null],
    ['all', { 'cd-helper.jobs': 'false' }, { mode: 'global-job' }, 'job'],
    ['labelled', jobs, { mode: 'global-job' }, 'not-labelled'],
    ['labelled', { ...jobs, ...on }, { mode: 'global-job' }, null],
  ])('%s, %j, %j: %s', (select, labels, change, expected) => {
    expect(exclusionOf(labelled(labels, change), select)).toBe(expected);
  });
});

describe('unsupportedLabel', () => {
  it.each([
    [{}],
    [{ 'cd-helper.enabled': 'true' }],
    [{ 'cd-helper.enabled': 'false' }],
    [{ 'cd-helper.rollback': 'auto', 'cd-helper.timeout': '5m', 'cd-helper.jobs': 'true' }],
    [{ 'cd-helper.rollback': 'off' }],
    [{ 'cd-helper.track': 'semver:^1' }],
    [{ 'com.docker.stack.namespace': 'shop', 'cd-helperx.y': '1', 'x.cd-helper.y': '1' }],
  ])('bears %j', (labels) => {
    expect(unsupportedLabel(labelled(labels))).toBeNull();
  });

  it.each([
    [
      { 'cd-helper.track': '1.x' },
      'cd-helper.track=1.x (it must begin with one of semver:, glob:, regex:, calver:, newest:)',
    ],
    [
      { 'cd-helper.window': '22:00-06:00' },
      'cd-helper.window=22:00-06:00 ("22:00-06:00" is not a window: expected DAYS HH:MM-HH:MM ZONE, such as mon-thu 09:00-16:00 Europe/Madrid)',
    ],
    [
      { 'cd-helper.approval': 'required' },
      'cd-helper.approval=required (expected a number of votes from 1 to 20)',
    ],
    [
      { 'cd-helper.min-age': '3' },
      'cd-helper.min-age=3 (expected a duration such as 72h, 90m or 3d)',
    ],
    [
      { 'cd-helper.window': 'daily 09:00-10:00 Mars/Olympus' },
      'cd-helper.window=daily 09:00-10:00 Mars/Olympus ("Mars/Olympus" is not a known time zone: expected one such as Europe/Madrid)',
    ],
    [{ 'cd-helper.': '' }, 'cd-helper.='],
    [{ 'cd-helper.Enabled': 'true' }, 'cd-helper.Enabled=true'],
    [{ 'cd-helper.enabled': 'TRUE' }, 'cd-helper.enabled=TRUE'],
    [{ 'cd-helper.rollback': 'on' }, 'cd-helper.rollback=on'],
    [{ 'cd-helper.timeout': '5' }, 'cd-helper.timeout=5'],
    [{ 'cd-helper.jobs': '' }, 'cd-helper.jobs='],
    [{ 'cd-helper.enabled': 'true', 'cd-helper.later': 'x' }, 'cd-helper.later=x'],
  ])('names what holds in %j', (labels, expected) => {
    expect(unsupportedLabel(labelled(labels))).toBe(expected);
  });

  it.each([
    [{}, { 'cd-helper.enabled': 'false' }, 'cd-helper.enabled=false'],
    [{}, { 'cd-helper.enabled': 'true' }, 'cd-helper.enabled=true'],
    [
      {},
      { 'com.docker.stack.namespace': 'shop', 'cd-helper.timeout': '5m' },
      'cd-helper.timeout=5m',
    ],
    [{ 'cd-helper.enabled': 'true' }, { 'cd-helper.rollback': 'off' }, 'cd-helper.rollback=off'],
    [{}, { 'cd-helper.window': 'x' }, 'cd-helper.window=x'],
  ])('names what stands in the wrong place: %j and %j', (labels, containerLabels, expected) => {
    expect(unsupportedLabel(labelled(labels, { containerLabels }))).toBe(
      `${expected} on the container instead of the service`,
    );
  });

  it.each([
    [{ 'cd-helper.enabled': 'true' }, { 'cd-helper.enabled': 'true' }],
    [{ 'cd-helper.timeout': '5m' }, { 'cd-helper.timeout': '9m' }],
    [{}, { 'com.docker.stack.namespace': 'shop', 'cd-helperx.y': '1' }],
  ])('bears %j with %j on the container', (labels, containerLabels) => {
    expect(unsupportedLabel(labelled(labels, { containerLabels }))).toBeNull();
  });

  it('holds for every unknown key under the prefix', () => {
    const known = ['enabled', 'rollback', 'timeout', 'jobs'];
    const key = fc.string().filter((name) => !known.includes(name));
    fc.assert(
      fc.property(key, fc.string(), (name, value) => {
        const labels = { [`cd-helper.${name}`]: value };
        expect(unsupportedLabel(labelled(labels))).toBe(`cd-helper.${name}=${value}`);
      }),
    );
  });
});

it.each([
  [{}, true, null],
  [{ 'cd-helper.rollback': 'off' }, false, null],
  [{ 'cd-helper.rollback': 'auto', 'cd-helper.timeout': '90s' }, true, 90_000],
  [{ 'cd-helper.timeout': 'soon' }, true, null],
])('%j: may be taken back %s, own timeout %s', (labels, may, timeout) => {
  expect(mayRevert(labelled(labels))).toBe(may);
  expect(ownTimeout(labelled(labels))).toBe(timeout);
});
