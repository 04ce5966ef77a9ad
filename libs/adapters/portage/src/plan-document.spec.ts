import { describe, expect, it } from '@jest/globals';

import { parseDocument } from './resolve-plan.js';

const empty = {
  schema: 'build-swarm.plan',
  schemaVersion: 1,
  portage: '3.0.82',
  ok: true,
  ordered: true,
  arguments: ['@world'],
  targets: [],
  packages: [],
  edges: [],
  problems: [],
  text: '',
  seconds: { resolve: 0.1 },
};

const why = (value: unknown): string => {
  const parsed = parseDocument(typeof value === 'string' ? value : JSON.stringify(value));
  return parsed.ok ? '' : parsed.why;
};

describe('parseDocument', () => {
  it('takes a document, and passes over fields of a newer shim', () => {
    expect(why(empty)).toBe('');
    expect(why({ ...empty, mood: 'good' })).toBe('');
    expect(why({ ...empty, problems: [{ kind: 'circular', text: 'a -> a', suggestions: [] }] })).toBe('');
  });

  it('says why something is none', () => {
    expect(why('')).toBe('it wrote nothing');
    expect(why('Traceback (most recent call last):')).toBe('what it wrote is no JSON');
    expect(why({ ...empty, schemaVersion: 2 })).toContain('schemaVersion');
    expect(why({ ...empty, packages: [{ cpv: 'a/b-1' }] })).toContain('packages[0]');
  });

  it('refuses an edge to a package that is not there', () => {
    const edge = {
      parent: 0,
      child: 1,
      kinds: ['runtime'],
      classes: ['RDEPEND'],
      atoms: [],
      optional: false,
    };
    expect(why({ ...empty, edges: [edge] })).toContain('not in the document');
  });
});
