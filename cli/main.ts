#!/usr/bin/env node
/**
 * The entry. Imports nothing before the version check: on an older Node the SQLite binding crashes the
 * process while it loads. This file itself must run on Node 20.
 */
const NEEDED = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `wasi-rr: this is Node ${process.versions.node}, and wasi-rr needs Node ${NEEDED} or newer: install it from https://nodejs.org, or with your version manager.\n`,
  );
  process.exitCode = 2;
} else {
  // the build makes imports that do not do what this prevents
  if (import.meta.url.endsWith('.ts')) await import('./unopened-streams.ts');
  if (process.argv[2] === 'record') await import('./start-ahead.ts');
  const { main } = await import('./program.ts');
  await main();
}

export {};
