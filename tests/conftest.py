from hypothesis import settings

# No test is timed: two cores run the tests side by side, so the time of an example says little.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
