"""Safety is who may ask, from where, how much and for how long: layers around the application that refuse what they do not know."""
