/** Data of the library's classes, and rules for it. */

export interface Appointment {
  /** @minLength 1 */
  title: string;
  at: Date;
  link?: URL;
  levels: Float64Array;
}

/** @remote */
export interface Calendar {
  next(): Promise<Appointment>;
}
