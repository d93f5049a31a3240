// Maps './x.js' to './x.ts' for first-party TypeScript; everything else takes Jest's default path.
module.exports = (request, options) => {
  if (request.endsWith('.js') && request[0] === '.' && !options.basedir.includes('/node_modules/')) {
    try {
      return options.defaultResolver(`${request.slice(0, -3)}.ts`, options);
    } catch {
      // A real JavaScript file: the default path finds it.
    }
  }
  return options.defaultResolver(request, options);
};
