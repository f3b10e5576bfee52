"""The screens of the page, a module each, in the order of its steps."""

STEPS = ("images", "compare", "trust", "tryout", "take_away", "play")
