export interface Load {
  /** The process is so late that work for strangers has to wait. */
  isHigh(): boolean
}
