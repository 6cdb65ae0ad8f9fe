/** How a line is meant: what went well, what deserves a look, what is lost. */
export type Tone = 'plain' | 'quiet' | 'strong' | 'good' | 'warn' | 'bad';

/** One line of the event log. */
export interface StoryLine {
  readonly mark: string;
  readonly tone: Tone;
  readonly text: string;
}

/** What a step is about, for those who look for some steps only. */
export type StepKind = 'chain' | 'user' | 'request' | 'check' | 'tower';

/** Where the story can be looked at: one event, or a run of blocks in which nothing happened. */
export interface StoryStep {
  readonly kind: StepKind;
  /** Index into the columns; which place there, 0 being the last block of the column. */
  readonly column: number;
  readonly slot: number;
  /** Height of the tip after it. */
  readonly height: number;
  readonly lines: readonly StoryLine[];
  /** What the story says before it. */
  readonly note?: string;
  /** After it: users by state, and requests that wait. */
  readonly active: number;
  readonly grace: number;
  readonly pending: number;
  /** Expectations that it met, and did not. */
  readonly met?: number;
  readonly unmet?: number;
  /** The story went back in time behind it: it has not happened in the world that there is at the end. */
  readonly isLeft?: true;
}

/**
 * Columns are what lies side by side in the picture, in the order in which the tower went through it: blocks that were
 * connected one after the other, or blocks that were disconnected.
 */
export interface StoryColumn {
  readonly type: 'blocks' | 'undo';
  /** Lowest and highest height. */
  readonly from: number;
  readonly to: number;
  /** Hashes of its blocks by height, as far as blocks are drawn apart. */
  readonly hashes: Readonly<Record<number, string>>;
  /** Places after the last block in which something happened. */
  readonly slots: number;
  /** 0: on the best chain at the end; more: on a branch that was left. */
  readonly lane: number;
  /** Of an `undo`: its blocks were left at once, without being disconnected. */
  readonly isJump?: true;
  /** The column with the block before its first one. */
  readonly parent: number | undefined;
}

export type UserState = 'active' | 'grace' | 'deleted';

export type UserMark =
  | 'registered'
  | 'renewed'
  | 'receipt'
  | 'deposit'
  | 'update'
  | 'expired'
  | 'deleted'
  | 'restored'
  | 'revived'
  | 'device'
  | 'revoked'
  | 'extended'
  | 'travelled'
  | 'gone'
  /** He was there when the story began. */
  | 'present';

/** What holds of a user from a step on. */
export interface UserChange {
  readonly step: number;
  readonly mark: UserMark;
  readonly state: UserState;
  readonly available: number;
  /** All slots that he was ever given in this subscription. */
  readonly granted: number;
  readonly start: number;
  readonly expiry: number;
  readonly appointments: number;
  readonly devices: number;
}

export interface StoryUser {
  readonly id: number;
  readonly name: string;
  readonly changes: readonly UserChange[];
}

export type RequestPhase =
  | 'received'
  | 'asked'
  | 'attempt'
  | 'hung'
  | 'answered'
  | 'reopened'
  | 'approved'
  | 'denied'
  | 'failed'
  | 'superseded'
  | 'expired'
  | 'gone';

export interface RequestChange {
  readonly step: number;
  readonly phase: RequestPhase;
  readonly text: string;
  /** It had come to that when the story began. */
  readonly isBefore?: true;
}

export interface StoryRequest {
  readonly id: number;
  readonly name: string;
  readonly changes: readonly RequestChange[];
}

/** An expectation that was not met. */
export interface UnmetExpectation {
  readonly step: number;
  /** Line of the scenario file. */
  readonly line: number | undefined;
  readonly claim: string;
  readonly actual: string;
}

/** Name and value of a setting, as users know them. */
export type SettingText = readonly [name: string, value: string];

/** What stands above a picture. */
export interface StoryHead {
  readonly title: string;
  readonly about: string | undefined;
  /** How it ended. */
  readonly outcome: {readonly tone: 'good' | 'bad' | 'plain'; readonly text: string};
  /** Height of the tip at the end. */
  readonly height: number;
  readonly facts: readonly SettingText[];
  /** What names this very run, to be copied. */
  readonly marks: readonly SettingText[];
}

/** A run as a picture needs it: plain data, the same for the same run. */
export interface Story extends StoryHead {
  /** The settings that the tower started with, and at which steps some of them changed. */
  readonly settings: readonly SettingText[];
  readonly settingChanges: readonly {readonly step: number; readonly changed: readonly SettingText[]}[];
  readonly columns: readonly StoryColumn[];
  readonly steps: readonly StoryStep[];
  readonly users: readonly StoryUser[];
  readonly requests: readonly StoryRequest[];
  readonly unmet: readonly UnmetExpectation[];
  /** The step at which a story begins that goes on in the world of a file: those before it are what its log tells. */
  readonly begins?: number;
}
