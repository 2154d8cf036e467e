"""Published protocols that other clients speak: each file says what it takes and gives, in its own words."""
