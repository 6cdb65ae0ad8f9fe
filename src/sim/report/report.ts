export {StoryRecorder} from './recorder.js';
export {renderPage} from './page.js';
export {renderSvg} from './svg.js';
export {tapeStory} from './tape-story.js';
export {scenarioHead} from './story-head.js';
export type {Story} from './story.js';
