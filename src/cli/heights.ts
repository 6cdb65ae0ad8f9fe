export * from '../sim/heights.js';
