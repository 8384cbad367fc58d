/** One file of the built dashboard. */
export interface DashboardFile {
  /** Value of the `content-type` header. */
  readonly contentType: string;
  readonly body: Uint8Array;
}
