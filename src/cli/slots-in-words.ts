import {countInWords} from '../sim/timeline/heights.js';

/** `9,999 left, 1 taken`: what a user may still use, and what his appointments use. */
export const slotsInWords = (slots: {readonly availableSlots: number; readonly takenSlots: number}): string =>
  `${countInWords(slots.availableSlots)} left, ${countInWords(slots.takenSlots)} taken`;
