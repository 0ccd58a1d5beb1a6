/** A word that must not come back, and what to write instead. */
interface Word {
  /** Matched against a line in lower case in which camelCase, snake_case and kebab-case are split into words. */
  pattern: RegExp;
  instead: string;
  /** Only in files whose path matches. */
  only?: RegExp;
  /** Not in files whose path matches. */
  except?: RegExp;
}

/** To extend: one line. Prefer a pattern that misses a case to one that raises a false alarm. */
export const words: Word[] = [
  { pattern: /\b(un)?told\b|\btell(s|ing)?\b/, instead: 'reports, says, shows, notifies, passes' },
  { pattern: /\bsaid\b/, instead: 'reported, printed' },
  { pattern: /\bset(s|ting)? (\w+ )?aside\b/, instead: 'quarantine (images, readings), dead-letter (jobs)' },
  { pattern: /\bput(s|ting)? (\w+ )?back\b/, instead: 'requeue, return, restore' },
  { pattern: /\b(goes|went|going) on\b(?! (a|the|to)\b)/, instead: 'continue, resume' },
  { pattern: /\b(hold(s|ing)?|held) back\b/, instead: 'pause, delay' },
  { pattern: /\banew\b/, instead: 'again' },
  { pattern: /\bout of reach\b/, instead: 'unreachable' },
  {
    pattern:
      /(?<!\b(there|that|who|where|which) )\bis no (?!longer\b|more\b|less\b|better\b|different\b|faster\b|slower\b)/,
    instead: 'is not a',
  },
  { pattern: /\bof (ours|theirs|mine)\b/, instead: 'our, their' },
  { pattern: /\bwho(so)?ever\b/, instead: 'anyone who, the caller' },
  { pattern: /\b(make|makes|made|making) good\b/, instead: 'backfill, catch up on' },
  { pattern: /\b(make|makes|made|making) up for\b/, instead: 'backfill, catch up on' },
  { pattern: /\bl(ies|ie|ay) (under|below)\b/, instead: 'is stored in' },
  { pattern: /(^|[;('"`:—.] ?)wanted: (?![a-z]+(\[\])?[;,)])/, instead: 'expected …' },
  { pattern: /\b(is|are|was|were|be) not there\b/, instead: 'is missing' },
  { pattern: /\bup to where\b/, instead: 'watermark' },
  { pattern: /\breckon(s|ed|ing)?\b/, instead: 'compute' },
  { pattern: /\b(took|takes?|taking) (its|their) leave\b/, instead: 'shut down' },
  { pattern: /\bhe(ar|ars|ard) of\b/, instead: 'see, saw, seen' },
  { pattern: /\bdeadly\b/, instead: 'poison' },
  {
    pattern: /\b(him|her)self\b|\bhis\b|\bhers?\b|\bs?he\b|\bhim\b/,
    instead: 'they, them, their',
    except: /vocabulary\.ts$/,
  },
  { pattern: /\bhouse\b/, instead: 'a plain noun: Connections, withConnections' },
  { pattern: /\bhall\b|\bcrew\b/, instead: 'a plain noun: servers, processes' },
  {
    pattern: /\bstage\b(?! description)/,
    instead: 'a plain noun: scenario, servers',
    only: /^test\/chaos\/(?!.*images)/,
  },
  {
    pattern:
      /\b(an?|the|this|each|every|one|two|other|full|whole|last|between|of its|its) plays?\b|\bplayed\b|\bplays? of\b/,
    instead: 'run',
  },
  { pattern: /\blet(s|ting)? go of\b/, instead: 'release, close' },
  { pattern: /\bin hand\b/, instead: 'in progress' },
  { pattern: /\bfor ever\b/, instead: 'forever' },
  { pattern: /\bto and fro\b/, instead: 'back and forth' },
  { pattern: /\bwhat (becomes|became|has become) of\b/, instead: 'what happens to, the outcome of' },
  { pattern: /\bas long as (it|that) takes\b/, instead: 'indefinitely' },
  {
    pattern: /\bthe release before\b|\ba release before\b/,
    instead: 'the previous release, an older release',
  },
  { pattern: /\banother than\b/, instead: 'other than, different from' },
  { pattern: /\b(came|comes?) about\b/, instead: 'happen' },
  { pattern: /\bput(s|ting)? into redis\b/, instead: 'enqueue' },
  { pattern: /\b(is|was|be) done again\b/, instead: 'is retried, is repeated' },
  {
    pattern: /\/\*\* of (an?|the|two|several|each|what) /,
    instead: 'start with the subject',
  },
];
