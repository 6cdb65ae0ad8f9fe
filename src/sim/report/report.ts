export {StoryRecorder} from './recorder.js';
export {renderPage} from './page.js';
export {renderSvg} from './svg.js';
export type {Story} from './story.js';
