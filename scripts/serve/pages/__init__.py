"""The pages are what people open in a browser: templates that say what is where, modules of JavaScript that ask the API, and
how one gets in."""
