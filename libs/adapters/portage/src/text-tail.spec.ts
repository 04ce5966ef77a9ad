import { describe, expect, it } from '@jest/globals';

import { TextTail, withoutAnsi } from './text-tail.js';

describe('TextTail', () => {
  it('keeps the end, however it came in', () => {
    const tail = new TextTail(10);
    for (let i = 0; i < 1000; i++) tail.add(Buffer.from(`${i % 10}`));
    expect(tail.text()).toBe('0123456789');
    tail.add(Buffer.from('a much longer text'));
    expect(tail.text()).toBe('onger text');
  });

  it('never shows half a character', () => {
    const tail = new TextTail(4);
    tail.add(Buffer.from('‘ab’'));
    expect(tail.text()).toBe('b’');
  });
});

describe('withoutAnsi', () => {
  it('removes colours, cursor moves and titles, and nothing else', () => {
    expect(withoutAnsi('\u001b[01;31m\u001b[Kerror:\u001b[m [x] \u001b]0;title\u0007done\r\n')).toBe(
      'error: [x] done\n',
    );
    expect(withoutAnsi('50%\r100%\n')).toBe('50%\r100%\n');
  });
});
