/** Each batch is a commit that waits for the disk: few large ones cost the embedded database much less. */
export const EMBEDDED_FLUSH_MS = 500
