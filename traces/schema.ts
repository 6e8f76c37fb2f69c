/** The SQLite schema of a trace. FORMAT.md is its documentation; both change together. */

/** `PRAGMA application_id` of every trace: "wrr1". */
export const APPLICATION_ID = 0x77727231;

/** `PRAGMA user_version`: raised whenever a reader of the version before would go wrong. */
export const FORMAT_VERSION = 2;

/** Bytes. Rows go in as fast as with 16 KiB pages, and an empty trace is half as large. */
export const PAGE_SIZE = 8192;

/** Codec of a segment's or a page's blob. */
export const CODEC = { raw: 0, zstd: 1 } as const;

/** What people ask, after `create` or `create temp`. */
export const CALLS_VIEW = `view calls as
  select
    c.seq, f.name, s.fd, s.path, s.args, s.errno,
    case when s.valued then replace(s.result, '@', c.value) else s.result end as result,
    s.bytes, c.enter_ns, c.duration_ns, f.module as interface
  from call_rows c
    left join call_shapes s on s.id = c.shape
    left join functions f on f.id = s.func`;

/** `value` has no type, so that digits of a text stay text, however many there are. */
export const CALL_ROWS = `create table call_rows (
  seq integer primary key,
  shape integer not null,
  enter_ns integer not null,
  duration_ns integer,
  value
);`;

/** The call index: what `wasi-rr index` makes anew. */
export const CALLS_SCHEMA = `
create table call_shapes (
  id integer primary key,
  func integer not null,
  fd integer,
  path text,
  args text not null,
  errno text,
  result text,
  bytes integer,
  valued integer not null
);

${CALL_ROWS}

create ${CALLS_VIEW};
`;

export const SCHEMA = `
create table meta (key text primary key, value text not null) without rowid;

create table modules (
  id integer primary key,
  sha256 text not null,
  name text not null,
  size integer not null,
  data blob not null
);

create table functions (
  id integer primary key,
  direction text not null,
  module text not null,
  name text not null,
  params text not null,
  results text not null,
  instance integer not null
);

create table instances (
  id integer primary key,
  module integer not null,
  imports text not null
);

create table segments (
  id integer primary key,
  first_event integer not null,
  last_event integer not null,
  events integer not null,
  start_ns integer not null,
  codec integer not null,
  raw_size integer not null,
  crc32 integer not null,
  data blob not null
);

create table snapshots (
  id integer primary key,
  event integer not null,
  memory integer not null default 0,
  memory_size integer not null,
  page_size integer not null,
  label text not null,
  page_ids blob not null
);

create table pages (
  id integer primary key,
  hash blob not null unique,
  data blob not null
);

create table bookmarks (
  id integer primary key,
  event integer not null,
  name text not null,
  note text not null default '',
  created text not null
);
${CALLS_SCHEMA}`;
