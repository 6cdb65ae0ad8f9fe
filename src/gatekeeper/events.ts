/** What the gatekeeper has done for people, in the past tense. Keys are hex, heights and slots u32. */
export type GatekeeperEvent =
  | {
      /** `receipt_issued`: a device that was let in by a decision is told of its subscription; nothing was added. */
      readonly type: 'user_registered' | 'subscription_renewed' | 'receipt_issued';
      readonly height: number;
      readonly key: string;
      readonly userId: number;
      readonly availableSlots: number;
      readonly subscriptionStart: number;
      readonly subscriptionExpiry: number;
    }
  | {
      /** The operator has added blocks to a subscription. */
      readonly type: 'subscription_extended';
      readonly height: number;
      readonly userId: number;
      readonly blocks: number;
      readonly subscriptionExpiry: number;
    }
  | {
      /** The operator has deleted a user; those whom a block deletes are named in `block_connected`. */
      readonly type: 'user_deleted';
      readonly height: number;
      readonly userId: number;
      /** His devices. */
      readonly keys: readonly string[];
      /** How many appointments went with him. */
      readonly appointments: number;
    }
  | {
      readonly type: 'appointment_added' | 'appointment_updated';
      readonly height: number;
      readonly key: string;
      readonly userId: number;
      readonly locator: string;
      readonly slots: number;
      readonly availableSlots: number;
      readonly blobBytes: number;
      /** SHA-256 of the blob, hex. */
      readonly blobHash: string;
      readonly toSelfDelay: number;
      readonly startBlock: number;
      /** The user's signature over the appointment, as it was received. */
      readonly signature: string;
    }
  | {
      readonly type: 'appointments_deleted';
      readonly height: number;
      readonly count: number;
      /** Of those that are gone: subscription (12 characters of hex) and locator (32). */
      readonly uuids: readonly string[];
      readonly refunded: boolean;
    };
