/**
 * Directories that a component may read but not change, which the shim does not know; what the shim lets through to
 * Node, which throws where WASI has an error; and how many files a component may open. Changes the shim's class of descriptors, so
 * this is for a thread that runs one component.
 */
import { systemCode } from '../../errors.ts';
import { highestDescriptor, isBeyond } from '../hosts/descriptor-limit.ts';
import { type Interfaces, LATER } from './provided-interfaces.ts';

type Method = (this: object, ...args: unknown[]) => unknown;

/** Methods that change what is in a directory, or a file of it. */
const CHANGING: ReadonlySet<string> = new Set([
  'writeViaStream',
  'appendViaStream',
  'write',
  'setSize',
  'setTimes',
  'setTimesAt',
  'createDirectoryAt',
  'removeDirectoryAt',
  'unlinkFileAt',
  'symlinkAt',
  'linkAt',
  'renameAt',
]);

/** Flags of `open-at` that make or change a file. */
const CHANGING_FLAGS = ['create', 'truncate', 'exclusive', 'write', 'mutateDirectory'];

/** As wasmtime refuses them. */
const REFUSED = 'not-permitted';

/** An error of the system for which WASI has no name of its own: too many open files, say. */
const NAMELESS = 'io';

/**
 * @param imports with the shim's filesystem, which is changed
 * @param version what the names of its interfaces end in
 * @param readOnly names of the directories that may not be changed
 */
export function guardFilesystem(
  imports: Interfaces,
  version: '' | typeof LATER,
  readOnly: ReadonlySet<string>,
): void {
  const refuse = version === LATER ? refuseLater : refuseNow;
  const guarded = new WeakSet<object>();
  const highest = highestDescriptor();
  const { getDirectories } = imports[`wasi:filesystem/preopens${version}`] as {
    getDirectories(): readonly (readonly [object, string])[];
  };
  for (const [descriptor, name] of getDirectories()) {
    if (readOnly.has(name)) guarded.add(descriptor);
  }
  const { Descriptor } = imports[`wasi:filesystem/types${version}`] as {
    Descriptor: { prototype: Record<string, Method> };
  };
  const { prototype } = Descriptor;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = prototype[name];
    if (method === undefined || name === 'constructor') continue;
    prototype[name] = function (...args) {
      if (args.some((arg) => typeof arg === 'string' && arg.includes('\0'))) {
        return refuse('invalid');
      }
      // a link or a new name may lead into a directory, too
      const concerns = guarded.has(this) || args.some((arg) => guarded.has(arg as object));
      if (concerns && (CHANGING.has(name) || (name === 'openAt' && changes(args)))) {
        return refuse(REFUSED);
      }
      if (name === 'openAt' && isBeyond(highest)) return refuse(NAMELESS);
      const nameless = (thrown: unknown) => {
        if (!isNameless(thrown)) throw thrown;
        return refuse(NAMELESS);
      };
      let result: unknown;
      try {
        result = method.apply(this, args);
      } catch (thrown) {
        return nameless(thrown);
      }
      if (result instanceof Promise) result = result.catch(nameless);
      if (name !== 'openAt' || !guarded.has(this)) return result;
      const add = (opened: object) => {
        guarded.add(opened);
        return opened;
      };
      return result instanceof Promise ? result.then(add) : add(result as object);
    };
  }
}

/** What the shim has an error of WASI for is a text, or has it as `payload`. */
function isNameless(thrown: unknown): boolean {
  return systemCode(thrown) !== undefined && !Object.hasOwn(thrown as object, 'payload');
}

function refuseNow(code: string): never {
  throw code;
}

/** What can be refused is asynchronous in WASI 0.3, or gives a future. */
function refuseLater(tag: string): Promise<never> {
  const refusal = Promise.reject({ tag });
  // a future that is never read
  refusal.catch(() => undefined);
  return refusal;
}

function changes(args: readonly unknown[]): boolean {
  return args.some(
    (arg) =>
      typeof arg === 'object' &&
      arg !== null &&
      CHANGING_FLAGS.some((flag) => (arg as Readonly<Record<string, unknown>>)[flag] === true),
  );
}
