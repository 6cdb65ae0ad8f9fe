export {locatorBytes, locatorOf} from '../crypto/locator.js';
