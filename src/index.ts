/** The package's door: what users may build on. Everything else behind it may change. */
export type {
  CallOptions,
  CasResult,
  Client,
  Data,
  DeleteResult,
  OldValue,
  PutResult,
  PutVersionResult,
  Scan,
  ScanRange,
  ScanRow,
  Versioned,
} from "./client/client.ts";
export { type ErrorCode, KvorumError, type OutcomeKind } from "./client/errors.ts";
export type { ServerState, Trouble } from "./client/trouble.ts";
export { connect } from "./real/connect.ts";
export type { ConnectOptions } from "./real/connect-options.ts";
