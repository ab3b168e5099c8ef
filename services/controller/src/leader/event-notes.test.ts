import { expect, it } from 'vitest';

import { type NewLogEntry, Notes } from './event-notes.ts';

const entry = (number: number) => ({ atMs: number }) as unknown as NewLogEntry;

it('holds entries until they are written, also those added meanwhile', () => {
  const notes = new Notes();
  notes.add(entry(1));
  const written = notes.pending();
  notes.add(entry(2));
  expect(notes.pending()).toEqual([entry(1), entry(2)]);
  notes.remove(written);
  expect(notes.pending()).toEqual([entry(2)]);
});

it('holds the last hundred entries while nobody writes them', () => {
  const notes = new Notes();
  for (let number = 0; number < 101; number += 1) notes.add(entry(number));
  expect(notes.pending()).toHaveLength(100);
  expect(notes.pending()[0]).toEqual(entry(1));
});
