/**
 * What this example's hub and plugins say to each other: a newsroom whose desks are programs of their own.
 * `npm run generate` turns this file into generated/examples/hub.
 */

/**
 * What each plugin serves.
 * @remote
 */
export interface Desk {
  /** Works on a text, in this desk's way. */
  work(text: string): Promise<string>;
}

/**
 * What the hub serves to plugins.
 * @remote
 */
export interface Editor {
  /** The words that must not appear. */
  bannedWords(): Promise<string[]>;
}

/**
 * Events of plugins: methods that return nothing.
 * @remote
 */
export interface DeskEvents {
  /** Work has begun, and is so far along. */
  progress(percent: number): void;
}

/**
 * Events of the hub.
 * @remote
 */
export interface EditorEvents {
  announce(text: string): void;
}
