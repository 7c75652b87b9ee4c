"""What changes in time: the light, and when the state is written down."""
