// What JupyterLab expects of a browser and jsdom does not have.
const { TextDecoder, TextEncoder } = require('util');

class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}

class NoDragEvent extends Event {}

Object.assign(globalThis, {
  TextDecoder,
  TextEncoder,
  ResizeObserver: globalThis.ResizeObserver ?? NoObserver,
  IntersectionObserver: globalThis.IntersectionObserver ?? NoObserver,
  DragEvent: globalThis.DragEvent ?? NoDragEvent,
  requestIdleCallback:
    globalThis.requestIdleCallback ?? (callback => setTimeout(callback, 0)),
  fetch: globalThis.fetch ?? (() => Promise.reject(new Error('no network'))),
  Headers: globalThis.Headers ?? class Headers extends Map {},
  Request: globalThis.Request ?? class Request {},
  Response: globalThis.Response ?? class Response {}
});

window.matchMedia ??= () => ({
  matches: false,
  addEventListener() {},
  removeEventListener() {},
  addListener() {},
  removeListener() {}
});
