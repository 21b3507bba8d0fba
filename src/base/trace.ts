/** What a trace point says besides its name. */
export type TraceFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Tells whoever listens that something worth naming happened: `trace("raft: ignored stale vote", { from: 2 })`. The name is
 * fixed text that begins with its layer, so that a test can ask for it. It never changes what the caller does.
 */
export type Trace = (name: string, fields?: TraceFields) => void;

/** Hears nothing. */
export const noTrace: Trace = () => {};
