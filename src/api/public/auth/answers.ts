import type {KeyStatus, RequestView} from '../../../gatekeeper/auth/views.js';
import {nextLookHeightOf} from '../../../gatekeeper/auth/request-view.js';
import {toWire} from '../../wire-names.js';

/** What a device is told of one of its requests. */
export const requestAnswer = (request: RequestView, tipHeight: number): object =>
  toWire({...deviceSideOf(request, tipHeight), tipHeight}) as object;

/** What a device is told of itself. */
export const statusAnswer = ({key, device, requests}: KeyStatus, tipHeight: number): object =>
  toWire({
    publicKey: key,
    device: device && {userId: device.userId, role: device.role, authorizedAt: device.authorizedAt},
    requests: requests.map((request) => deviceSideOf(request, tipHeight)),
    tipHeight,
  }) as object;

/** Leaves out what the device has sent itself, and what goes on behind the counter. */
function deviceSideOf(request: RequestView, tipHeight: number): object {
  const {requestId, kind, state, proven, revision, supersedes, receivedHeight, expiresAt, retryHeight} = request;
  const {closing} = request;
  return {
    requestId,
    kind,
    state,
    proven,
    revision,
    supersedes,
    receivedHeight,
    expiresAt,
    nextLookHeight: nextLookHeightOf(request, tipHeight),
    retryHeight,
    closing: closing && {
      height: closing.height,
      reason: closing.reason,
      userId: closing.userId,
      role: closing.role,
    },
  };
}
