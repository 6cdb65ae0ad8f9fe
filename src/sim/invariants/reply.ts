/** What the tower has answered to somebody, as he holds it from then on. */
export type Reply =
  | {
      readonly type: 'registration';
      readonly key: string;
      readonly userId: number;
      readonly slots: number;
      readonly start: number;
      readonly expiry: number;
      /** The tower's, over it. */
      readonly signature: string;
    }
  | {
      readonly type: 'appointment';
      readonly key: string;
      readonly userId: number;
      readonly locator: string;
      readonly slots: number;
      readonly start: number;
      readonly expiry: number;
    }
  | {readonly type: 'request'; readonly key: string; readonly requestId: number};
