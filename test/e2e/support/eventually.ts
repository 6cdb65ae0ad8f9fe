import {until} from '../../support/until.js';

const askMs = 20;

/** Asks again and again until it is so: for what no event tells. */
export const eventually = (isSo: () => Promise<boolean>): Promise<void> => until(isSo, {pauseMs: askMs});
