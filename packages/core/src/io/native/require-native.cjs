// Decides how native packages are loaded: on first use, synchronously, from a module whose place needs no import.meta.
'use strict';

exports.requireNative = (name) => require(name);
