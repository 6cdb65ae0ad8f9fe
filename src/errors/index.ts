export {type ErrorCode, type ErrorFamily, type ErrorMeaning, errorCodes} from './codes.js';
export {
  assert,
  BartizanError,
  type Facts,
  InvariantError,
  OperationalError,
  Rejection,
  unreachable,
  unreadableFile,
} from './errors.js';
export {printable} from './printable.js';
