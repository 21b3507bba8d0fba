/** What keys and values are to a client: text, which is stored as UTF-8, or bytes. */
export type Data = string | Uint8Array;

/** What every call takes. */
export interface CallOptions {
  /** Ends the call when it is aborted; its reason becomes the error's `cause`. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the call ends in any case. Default: what `connect` was given, and if nothing, never. */
  readonly timeoutMs?: number | undefined;
}

/** What a key has. An absent key has no value, and is at version 0. */
export interface Versioned<T extends Data> {
  readonly value: T | undefined;
  readonly version: number;
}

/** What became of a put: whether the key was there before, and its version from here on. */
export interface PutResult {
  readonly existed: boolean;
  readonly version: number;
}

/** What a key had before an append or a swap, nothing if it was absent; and its version from here on. */
export interface OldValue<T extends Data> {
  readonly old: T | undefined;
  readonly version: number;
}

export interface DeleteResult {
  readonly existed: boolean;
}

/** Whether the key had what was expected. `version` is the key's from here on; `current` is what it had instead. */
export type CasResult<T extends Data> =
  | { readonly done: true; readonly version: number }
  | { readonly done: false; readonly version: number; readonly current: T | undefined };

/** Whether the key was at the expected version. `version` is the key's from here on, 0 if it is absent. */
export interface PutVersionResult {
  readonly done: boolean;
  readonly version: number;
}

/** Which keys a scan goes through, in bytewise order. An end that is left out is open; a start behind the end is an empty range. */
export interface ScanRange<T extends Data> {
  readonly start?: T | undefined;
  /** Whether `start` itself belongs to the range; default: yes. */
  readonly startInclusive?: boolean | undefined;
  readonly end?: T | undefined;
  /** Whether `end` itself belongs to the range; default: no. */
  readonly endInclusive?: boolean | undefined;
  /** All keys that begin with it; instead of the two ends. */
  readonly prefix?: T | undefined;
  /** The most keys in all, one or more; default: all there are. */
  readonly limit?: number | undefined;
  /** The most keys of one page, one or more; default and upper limit are the servers' own. */
  readonly pageRows?: number | undefined;
}

/** A key that a scan has met. */
export interface ScanRow<T extends Data> {
  readonly key: T;
  readonly value: T;
  readonly version: number;
}

/**
 * A scan asks for a page when the one before is used up, and begins anew each time it is iterated over. Each page is what the store
 * held at one moment; two pages are of two moments.
 */
export interface Scan<T extends Data> extends AsyncIterable<ScanRow<T>> {
  /** The same rows, in the pages in which they came; none is empty. */
  pages(): AsyncIterable<readonly ScanRow<T>[]>;
}

/**
 * A client of a kvorum cluster: any number of calls may be under way at the same time. Every call takes effect at one instant
 * between its beginning and its end, and once, however often it had to be sent; calls that overlap take effect in any order.
 *
 * A call that does not succeed rejects with a `KvorumError`, whose `outcome` says whether it took effect. Without a timeout it is
 * tried until it succeeds, or a command is no longer valid: hours, counted while the group has a leader.
 *
 * An idle client does not keep the process alive; a call under way does.
 */
export interface Client<T extends Data = string> {
  /** The value of a key; undefined when it is absent. An empty value is a value. */
  get(key: T, options?: CallOptions): Promise<T | undefined>;

  /** The value of a key and its version, for `putVersion`. */
  getWithVersion(key: T, options?: CallOptions): Promise<Versioned<T>>;

  /** Sets a key. */
  put(key: T, value: T, options?: CallOptions): Promise<PutResult>;

  /** Puts `value` behind what the key has; an absent key gets it alone. */
  append(key: T, value: T, options?: CallOptions): Promise<OldValue<T>>;

  /** Sets a key, and tells what it had. */
  swap(key: T, value: T, options?: CallOptions): Promise<OldValue<T>>;

  delete(key: T, options?: CallOptions): Promise<DeleteResult>;

  /** Sets a key if it has what is `expected`. `undefined` stands for an absent key, and as the new value for a deletion. */
  cas(key: T, expected: T | undefined, value: T | undefined, options?: CallOptions): Promise<CasResult<T>>;

  /**
   * Sets a key if it is at `version`; 0 creates it. No key is twice at the same version with different values, so whoever has read
   * a version knows that nobody wrote since.
   */
  putVersion(key: T, version: number, value: T, options?: CallOptions): Promise<PutVersionResult>;

  /** Goes through the keys of a range. `timeoutMs` is for each page. What is wrong with the range is thrown at once. */
  scan(range?: ScanRange<T>, options?: CallOptions): Scan<T>;

  /** Ends every call that is under way, and all connections. Later calls are refused as `closed`. Closing twice is closing once. */
  close(): Promise<void>;

  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
