-- One run of a session: the log that its epoch names. `key` rises in the order in which runs were opened.
CREATE TABLE run (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  session_id TEXT NOT NULL,
  epoch TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL CHECK (state IN ('live', 'interrupted', 'ended')),
  title TEXT,
  traceparent TEXT NOT NULL,
  opener TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  end_reason TEXT,
  participants TEXT NOT NULL,
  notices TEXT NOT NULL,
  utterance_count INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  media_time_ms REAL NOT NULL,
  is_complete INTEGER NOT NULL,
  -- Retention: which kinds of data the run still has.
  has_events INTEGER NOT NULL DEFAULT 1,
  has_words INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX run_session ON run (session_id, key);
CREATE INDEX run_started ON run (started_at_ms, key);
CREATE INDEX run_open ON run (state, key) WHERE state <> 'ended';
CREATE INDEX run_with_events ON run (key, ended_at_ms) WHERE has_events = 1;
CREATE INDEX run_with_words ON run (key, ended_at_ms) WHERE has_words = 1;

-- Who took part in which run.
CREATE TABLE participant (
  participant TEXT NOT NULL,
  run INTEGER NOT NULL,
  PRIMARY KEY (participant, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX participant_run ON participant (run);

-- Events, compressed and without their words.
CREATE TABLE event (
  run INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- The words of events, apart from them so that they can be deleted first.
CREATE TABLE words (
  run INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- The newest result of each utterance. `id` is run × 2^20 + number, so ids are ordered as runs are.
-- `label`: index in the protocol's order. Probabilities in ten-thousandths, sentiment in thousandths.
CREATE TABLE utterance (
  id INTEGER PRIMARY KEY,
  utterance_id TEXT NOT NULL,
  participant TEXT NOT NULL,
  role INTEGER NOT NULL,
  start_ms REAL NOT NULL,
  end_ms REAL NOT NULL,
  revision INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  label INTEGER,
  confidence INTEGER,
  certain INTEGER,
  sentiment INTEGER,
  dissatisfaction INTEGER,
  dissatisfied INTEGER,
  failure TEXT
) STRICT;
CREATE INDEX utterance_label ON utterance (label, id, confidence) WHERE label IS NOT NULL;

-- Full text of the newest words per utterance. It holds no copy of the text. Deleted words leave the index at once.
CREATE VIRTUAL TABLE spoken USING fts5 (text, content = '', tokenize = 'porter unicode61 remove_diacritics 2');
INSERT INTO spoken (spoken, rank) VALUES ('secure-delete', 1);

-- What was erased on request. No content of a call, and not its id: the epoch is random.
CREATE TABLE erasure (
  epoch TEXT PRIMARY KEY,
  erased_at_ms INTEGER NOT NULL,
  events INTEGER NOT NULL,
  words INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
