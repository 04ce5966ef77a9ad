import { describe, expect, it } from '@jest/globals';

import { parseDocument } from './resolve-plan.js';

const empty = {
  schema: 'build-swarm.plan',
  schemaVersion: 2,
  portage: '3.0.82',
  warnings: [],
  ok: true,
  ordered: true,
  arguments: ['@world'],
  targets: [],
  repositories: [],
  environments: [],
  packages: [],
  edges: [],
  problems: [],
  setAside: [],
  text: '',
  seconds: { resolve: 0.1 },
};

const problem = { kind: 'circular', text: 'a -> a', packages: ['a/a-1'], parents: [], remedies: [] };

const why = (value: unknown): string => {
  const parsed = parseDocument(typeof value === 'string' ? value : JSON.stringify(value));
  return parsed.ok ? '' : parsed.why;
};

describe('parseDocument', () => {
  it('takes a document, and passes over fields of a newer shim', () => {
    expect(why(empty)).toBe('');
    expect(why({ ...empty, mood: 'good' })).toBe('');
    expect(why({ ...empty, problems: [{ ...problem, suggestions: [] }] })).toBe('');
  });

  it('says why something is none', () => {
    expect(why('')).toBe('it wrote nothing');
    expect(why('Traceback (most recent call last):')).toBe('what it wrote is no JSON');
    expect(why({ ...empty, schemaVersion: 1 })).toContain('schemaVersion');
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

  it('refuses an environment or a problem that is not there', () => {
    const entry = {
      ...{ cpv: 'a/a-1', cp: 'a/a', category: 'a', pn: 'a', version: '1', slot: '0', subslot: '0' },
      ...{ repository: 'r', eapi: '8', type: 'ebuild', root: 'target', use: [], useFull: [], iuse: [] },
      ...{ useMasked: [], useForced: [], requiredUse: '', dependencies: {}, keywords: [], license: '' },
      ...{ restrict: [], properties: [], definedPhases: [], inherited: [], replaces: [] },
    };
    expect(why({ ...empty, packages: [{ ...entry, environment: 0 }], environments: [{}] })).toBe('');
    expect(why({ ...empty, packages: [{ ...entry, environment: 1 }], environments: [{}] })).toContain(
      'an environment that is not in the document',
    );
    expect(why({ ...empty, setAside: [{ target: 'a/b', because: 0 }] })).toContain('set aside');
    expect(
      why({ ...empty, problems: [{ ...problem, remedies: [{ file: '../passwd', line: 'x' }] }] }),
    ).toContain('remedies');
  });
});
