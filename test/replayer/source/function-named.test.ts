/** Names by which users find functions, beside those that demanglers and compilers make. */
import { expect, test } from 'vitest';
import { hasFunctionName } from '../../../index.ts';

test.each([
  ['set_name', 'set_name'],
  ['port_of(Config const&)', 'port_of'],
  ['port_of(Config const&)', 'port_of(Config const&)'],
  ['Book::total() const', 'total'],
  ['Book::total() const &', 'Book::total'],
  ['run(void (*)(int), char)', 'run'],
  ['std::__2::__throw_out_of_range[abi:nn190107](char const*)', '__throw_out_of_range'],
  ['void shop::label<shop::Circle>(shop::Circle*)', 'label'],
  ['void label<int>(int)', 'label'],
  ['(anonymous namespace)::run(int)', 'run'],
  ['Array<int>::operator()(int)', 'operator()'],
  ['nested::store::text::Text::line', 'Text::line'],
  ['core::option::Option<T>::unwrap', 'unwrap'],
  ['queue.Queue.push', 'queue.Queue.push'],
])('%s is %s', (name, wanted) => {
  expect(hasFunctionName(name, wanted)).toBe(true);
});

test.each([
  ['reset_name', 'set_name'],
  ['port_of(Config const&)', 'Config'],
  ['outer(int)::helper::run(int)', 'outer'],
  ['refcell::main', 'in'],
  ['take(Box<label>)', 'label'],
])('%s is not %s', (name, wanted) => {
  expect(hasFunctionName(name, wanted)).toBe(false);
});
