import { describe, expect, it } from '@jest/globals';

import { latestBuilds, parsePackagesIndex, printPackagesIndex } from './packages-index.js';

const index = `PACKAGES: 3
VERSION: 0

CPV: a/b-1
BUILD_TIME: 10
DESC: with: colons

CPV: a/b-1
BUILD_TIME: 20
SLOT: 0/2

CPV: c/d-2
BUILD_TIME: 5
EMPTY:
`;

describe('parsePackagesIndex', () => {
  it('reads the header and every entry', () => {
    const { header, entries } = parsePackagesIndex(index);
    expect(header).toEqual({ PACKAGES: '3', VERSION: '0' });
    expect(entries).toHaveLength(3);
    expect(entries[0]).toEqual({ CPV: 'a/b-1', BUILD_TIME: '10', DESC: 'with: colons' });
    expect(entries[2]).toEqual({ CPV: 'c/d-2', BUILD_TIME: '5', EMPTY: '' });
  });

  it('takes an index without a header, and one that is empty or no index at all', () => {
    expect(parsePackagesIndex('CPV: a/b-1\n').entries).toEqual([{ CPV: 'a/b-1' }]);
    expect(parsePackagesIndex('')).toEqual({ header: {}, entries: [] });
    expect(parsePackagesIndex('<html>\nno: index\n').entries).toEqual([]);
  });

  it('reads what printPackagesIndex writes', () => {
    const { entries } = parsePackagesIndex(index);
    const header = { TIMESTAMP: '1', URI: 'http://binhost.example:8080/lab' };
    expect(parsePackagesIndex(printPackagesIndex(header, entries))).toEqual({
      header: { PACKAGES: '3', VERSION: '0', ...header },
      entries,
    });
    expect(parsePackagesIndex(printPackagesIndex({}, []))).toEqual({
      header: { PACKAGES: '0', VERSION: '0' },
      entries: [],
    });
  });

  it('chooses the latest build of each package', () => {
    const latest = latestBuilds(parsePackagesIndex(index).entries);
    expect([...latest.keys()]).toEqual(['a/b-1', 'c/d-2']);
    expect(latest.get('a/b-1')?.['SLOT']).toBe('0/2');
  });
});
