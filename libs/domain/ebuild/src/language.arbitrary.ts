import fc from 'fast-check';

const word = (first: string, others: string, maxLength = 6): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...Array.from(first)),
      fc.array(fc.constantFrom(...Array.from(others)), { maxLength }),
    )
    .map(([head, tail]) => head + tail.join(''));

const letters = 'abcXYZ';
const digits = fc.oneof(
  fc.nat(30).map(String),
  fc.constantFrom('0', '00', '01', '010', '100', '9007199254740993', '9007199254740992'),
);

export const flag = word(`${letters}019`, `${letters}019+_@-`);

/** Versions, well-formed; small numbers, so that two of them often share a beginning. */
export const version = fc
  .record({
    numbers: fc.array(digits, { minLength: 1, maxLength: 4 }),
    letter: fc.constantFrom('', '', 'a', 'b'),
    suffixes: fc.array(
      fc.tuple(fc.constantFrom('alpha', 'beta', 'pre', 'rc', 'p'), fc.option(digits, { nil: '' })),
      {
        maxLength: 2,
      },
    ),
    revision: fc.option(
      digits.map((number) => `-r${number}`),
      { nil: '' },
    ),
  })
  .map(
    ({ numbers, letter, suffixes, revision }) =>
      `${numbers.join('.')}${letter}${suffixes.map(([kind, number]) => `_${kind}${number}`).join('')}${revision}`,
  );

/** Names of packages that do not end like a version. */
export const packageName = fc
  .tuple(word(`${letters}0_`, `${letters}019+_.-`), word(`${letters}0_`, `${letters}019+_-`))
  .map(([category, name]) => `${category}/${/-\d/.test(name) ? name.replaceAll('-', '_') : name}`);

const slotName = word(`${letters}019_`, `${letters}019+_.-`, 3);
const slotDependency = fc.oneof(
  fc.constantFrom('', '', ':=', ':*'),
  slotName.map((slot) => `:${slot}`),
  slotName.map((slot) => `:${slot}=`),
  fc
    .tuple(slotName, slotName, fc.constantFrom('', '='))
    .map(([slot, subslot, end]) => `:${slot}/${subslot}${end}`),
);

const useDependency = fc
  .tuple(
    flag,
    fc.constantFrom(['', ''], ['-', ''], ['', '?'], ['!', '?'], ['', '='], ['!', '=']),
    fc.constantFrom('', '(+)', '(-)'),
  )
  .map(([name, [before = '', after = ''], missing]) => ({
    name,
    text: `${before}${name}${missing}${after}`,
  }));
const useDependencies = fc
  .uniqueArray(useDependency, { maxLength: 3, selector: ({ name }) => name })
  .map((all) => (all.length === 0 ? '' : `[${all.map(({ text }) => text).join(',')}]`));

const range = fc.oneof(
  packageName,
  fc
    .tuple(fc.constantFrom('<', '<=', '=', '~', '>=', '>'), packageName, version)
    .map(([operator, name, v]) => `${operator}${name}-${v}`),
  fc.tuple(packageName, version).map(([name, v]) => `=${name}-${v}*`),
);

/** Atoms that every EAPI from 5 on allows. */
export const atom = fc
  .tuple(fc.constantFrom('', '', '!', '!!'), range, slotDependency, useDependencies)
  .map((parts) => parts.join(''));

/** A specification over these words: groups, conditions and the choices that it allows. */
export function specification(item: fc.Arbitrary<string>, choices: readonly string[]): fc.Arbitrary<string> {
  const { sequence } = fc.letrec<{ sequence: string; element: string }>((tie) => ({
    element: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      item,
      tie('sequence').map((inside) => `( ${inside} )`),
      fc
        .tuple(fc.constantFrom(...choices), tie('sequence'))
        .map(([operator, inside]) => `${operator} ( ${inside} )`),
      fc
        .tuple(fc.constantFrom('', '!'), flag, tie('sequence'))
        .map(([not, name, inside]) => `${not}${name}? ( ${inside} )`),
    ),
    sequence: fc.array(tie('element'), { minLength: 1, maxLength: 3 }).map((elements) => elements.join(' ')),
  }));
  return sequence;
}

export const dependencies = specification(atom, ['||']);
export const requiredUse = specification(
  fc.tuple(fc.constantFrom('', '!'), fc.constantFrom('a', 'b', 'c', 'd')).map((parts) => parts.join('')),
  ['||', '^^', '??'],
);

/** Any text at all, and texts that come near to the language. */
export const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '||',
        '^^',
        '??',
        'a?',
        '!a?',
        'a/b',
        '!',
        '=',
        '*',
        '-1',
        ':',
        '::',
        '[',
        ']',
        ',',
        '/',
        ' ',
        '\n',
        '1',
        '.',
        '_p',
        '-r',
        'é',
        '\0',
      ),
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(dependencies, fc.nat(200), fc.string({ maxLength: 2 }))
    .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1)),
);
